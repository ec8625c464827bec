"""A small model of our own: made here, served by us, held to a schema."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from dihedral.domain.model import Endpoint, Wire
from dihedral.model.work.providers.faults import Down, Refused
from dihedral.model.work.providers.line import Line
from dihedral.model.work.providers.local import Local
from dihedral.model.work.providers.provider import Delta
from tests.wire import granite
from tests.wire.endpoints import endpoint, question

pytestmark = pytest.mark.anyio

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"action": {"enum": ["create", "delete"]}, "sure": {"type": "boolean"}},
    "required": ["action", "sure"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    granite.write(path)
    return path


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    line = Line()
    local = Local(line)
    yield local
    await local.close()
    await line.close()


def at(path: Path) -> Endpoint:
    return replace(endpoint(Wire.LOCAL, str(path)), context=1024, concurrency=2)


async def test_an_answer_is_held_to_its_schema(local: Local, file: Path) -> None:
    asked = replace(question(), schema=SCHEMA)
    heard: list[Delta] = []
    first, second = await asyncio.gather(
        local.ask(at(file), None, asked, heard.append), local.ask(at(file), None, asked, None)
    )
    for answer in (first, second):
        told = json.loads(answer.message.text)
        assert told["action"] in ("create", "delete") and isinstance(told["sure"], bool)
        assert answer.usage.input > 0 and answer.usage.output > 0 and answer.finish == "stop"
    assert len(heard) > 3 and first.upstream == "small-1"
    (served,) = [kept.served for kept in local._files.values()]
    assert served is not None
    async with httpx.AsyncClient() as stranger:
        told = await stranger.post(f"{served.url}/v1/chat/completions", json={})
    assert told.status_code == 401
    served.process.kill()
    await served.process.wait()
    assert (await local.ask(at(file), None, asked, None)).finish == "stop"


async def test_it_ends_with_us(file: Path) -> None:
    line = Line()
    local = Local(line)
    process = (await local._serve(at(file))).process
    await local.close()
    await line.close()
    assert process.returncode == 0


async def test_what_is_no_model_is_refused(local: Local, tmp_path: Path) -> None:
    text, broken = tmp_path / "text", tmp_path / "broken.gguf"
    text.write_text("hunter2")
    broken.write_bytes(b"GGUF" + bytes(60))
    for path in (text, tmp_path / "none", tmp_path, Path("tiny.gguf")):
        with pytest.raises(Refused) as raised:
            await local.ask(at(path), None, question(), None)
        assert "hunter2" not in str(raised.value)
    with pytest.raises(Down) as down:
        await local.ask(at(broken), None, question(), None)
    assert not down.value.spent

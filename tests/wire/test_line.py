"""The way out: no surprises of the environment, no redirects, nothing compressed."""

import asyncio
import gzip
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dihedral.domain.model import Wire
from dihedral.model.work.providers.faults import Garbled, Refused
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, endpoint, question
from tests.wire.script import Say, always
from tests.wire.server import playing

pytestmark = pytest.mark.anyio

SURPRISES = {
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "OPENAI_API_KEY": "surprise",
    "OPENAI_ORG_ID": "surprise",
    "OPENAI_PROJECT_ID": "surprise",
    "OPENAI_BASE_URL": "http://127.0.0.1:1",
    "OPENAI_CUSTOM_HEADERS": "x-more: surprise",
    "ANTHROPIC_API_KEY": "surprise",
    "ANTHROPIC_AUTH_TOKEN": "surprise",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
    "ANTHROPIC_CUSTOM_HEADERS": "x-more: surprise",
    "AWS_PROFILE": "surprise",
    "AWS_ACCESS_KEY_ID": "surprise",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_BEARER_TOKEN_BEDROCK": "surprise",
    "GOOGLE_API_KEY": "surprise",
    "GEMINI_API_KEY": "surprise",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
}
ASK = """
import asyncio, sys
from dihedral.domain.model import Wire
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, endpoint, question

async def ask():
    async with Wires() as wires:
        for wire in (Wire.OPENAI, Wire.ANTHROPIC, Wire.BEDROCK, Wire.GOOGLE):
            answer = await wires(wire).ask(endpoint(wire, sys.argv[1]), SECRET, question(), None)
            print(answer.message.text)

asyncio.run(ask())
"""


def test_nothing_of_the_environment_is_followed() -> None:
    with playing(always(Say(text="hello"))) as server:
        told = subprocess.run(
            [sys.executable, "-c", ASK, server.url],
            env={**os.environ, **SURPRISES},
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.stdout.split() == ["hello"] * 4, told.stderr[-2000:]
    for received in server.received:
        assert "surprise" not in " ".join(received.headers.values())
        assert "surprise" not in received.path


@asynccontextmanager
async def answering(head: str, body: bytes) -> AsyncIterator[str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        size = f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 {head}\r\n{size}".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("wire", [Wire.OPENAI, Wire.ANTHROPIC, Wire.GOOGLE, Wire.BEDROCK])
async def test_a_credential_is_not_carried_elsewhere(wire: Wire) -> None:
    with playing(always(Say(text="hello"))) as elsewhere:
        head = f"307 Temporary Redirect\r\nlocation: {elsewhere.url}/v1/messages"
        async with answering(head, b"") as url, Wires() as wires:
            with pytest.raises(Refused):
                await wires(wire).ask(endpoint(wire, url), SECRET, question(), None)
    assert elsewhere.received == []


@pytest.mark.parametrize("wire", [Wire.OPENAI, Wire.ANTHROPIC, Wire.GOOGLE])
async def test_a_small_answer_cannot_unpack_to_a_large_one(wire: Wire) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    head = "200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip"
    async with answering(head, bomb) as url, Wires() as wires:
        with pytest.raises(Garbled, match="compressed"):
            await wires(wire).ask(endpoint(wire, url), SECRET, question(), None)

"""`dihedral model …` as a shell sees it, with a real server behind it, and a real wire."""

import asyncio
import json
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import uvicorn

from tests.control.conftest import OWNER, World
from tests.control.test_cli import dihedral
from tests.wire.script import Asked, Say, Use
from tests.wire.server import Server, playing

pytestmark = pytest.mark.anyio
Shell = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]
SECRET = "sk-Canary-4PwK"


@pytest.fixture
async def shell(world: World, tmp_path: Path) -> AsyncIterator[Shell]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(world.app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server._serve(sockets=[door]))
        yield partial(
            asyncio.to_thread, dihedral, data=tmp_path, DIHEDRAL_URL=url, DIHEDRAL_TOKEN=OWNER
        )
        server.should_exit = True
        await serving


def script(asked: Asked) -> Say:
    """A model that can tools, and keeps to a schema."""
    if asked.schema is not None:
        return Say(text='{"city": "Paris", "river": true}')
    if asked.tools:
        return Say(calls=(Use(tool="add", arguments={"a": 17, "b": 25}),))
    return Say(text="ready")


@pytest.fixture
def upstream() -> Iterator[Server]:
    with playing(script) as server:
        yield server


async def test_the_life_of_a_model(shell: Shell, upstream: Server) -> None:
    none = await shell("model", "list")
    assert "dihedral model add small --wire openai" in none.stdout
    made = await shell(
        "model", "add", "small", "--wire", "openai", "--url", f"{upstream.url}/v1", "--upstream",
        "granite4:3b", "--price", "0.1/0.4", "--secret-from-env", "KEY", KEY=SECRET,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "0.1/0.4 USD per 1M tokens" in made.stdout and "kept, sealed" in made.stdout
    assert "dihedral model test ep-" in made.stderr
    tried = await shell("model", "test", "small")
    assert tried.returncode == 0, tried.stderr
    assert "ready" in tried.stdout and "schema, streaming, tools" in tried.stdout.replace(
        "streaming, tools, schema", "schema, streaming, tools"
    )
    assert "not reasoning: it answered without a thought" in tried.stdout
    assert "to have it so: dihedral model set ep-" in tried.stderr
    assert SECRET in repr(upstream.received[0].headers)
    changed = await shell("model", "set", "small", "--can", "tools,schema", "--data", "restricted")
    assert "schema, tools" in changed.stdout and "restricted data at most" in changed.stdout
    listed = await shell("model", "list")
    row = listed.stdout.splitlines()[1].split()
    assert (row[0], row[2:4], row[-1]) == ("small", ["openai", "granite4:3b"], "ok")
    shown = json.loads((await shell("model", "list", "small", "--json")).stdout)
    assert shown["items"][0]["health"]["answered"] == 1
    everything = f"{made} {tried} {changed} {listed} {shown}"
    assert SECRET not in everything.replace(f"'KEY': '{SECRET}'", "")
    assert (await shell("model", "remove", "small")).stdout == "small is removed\n"
    gone = await shell("model", "test", "small")
    assert (gone.returncode, "no model or endpoint 'small'" in gone.stderr) == (1, True)


async def test_when_an_endpoint_hedges_is_said_and_shown(shell: Shell) -> None:
    made = await shell(
        "model", "add", "small", "--wire", "openai", "--url", "http://127.0.0.1:9/v1",
        "--upstream", "x", "--price", "free", "--hedge", "p95",
    )  # fmt: skip
    assert "p95: another endpoint is asked as well" in made.stdout, made.stderr
    changed = await shell("model", "set", "small", "--hedge", "2s")
    assert "2s: another endpoint is asked as well after 2s without a word" in changed.stdout
    wrong = await shell("model", "set", "small", "--hedge", "soon")
    assert wrong.returncode == 1 and "such as 2s" in wrong.stderr
    off = await shell("model", "set", "small", "--hedge", "off")
    assert "off: no second endpoint is asked beside it" in off.stdout


async def test_one_that_does_not_answer_is_a_fault(shell: Shell) -> None:
    await shell(
        "model", "add", "gone", "--wire", "openai", "--url", "http://127.0.0.1:9/v1",
        "--upstream", "x", "--price", "free",
    )  # fmt: skip
    tried = await shell("model", "test", "gone")
    assert (tried.returncode, tried.stdout) == (1, "")
    assert "it does not answer" in tried.stderr


async def test_prices_are_looked_up(shell: Shell) -> None:
    found = await shell("model", "prices", "claude-haiku-4-5")
    assert "anthropic  claude-haiku-4-5" in found.stdout and "1/5 USD" in found.stdout
    none = await shell("model", "prices", "no-such-model")
    assert none.stdout == "nobody is known to sell a model 'no-such-model'\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--price", "dear"], "a price is such as 3/15"),
        (["--cached", "1"], "--cached goes with --price"),
        (["--secret-from-env", "NO_SUCH_VARIABLE"], "is not set, or empty"),
        (["--secret-file", "/nowhere/key"], "cannot be read"),
        (["--secret-file", "-", "--secret-from-env", "HOME"], "say where the credential is once"),
    ],
)
async def test_what_is_not_understood_is_usage(shell: Shell, words: list[str], said: str) -> None:
    told = await shell("model", "set", "small", *words)
    assert (told.returncode, said in told.stderr) == (2, True)

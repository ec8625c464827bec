"""`dihedral agent …` as a shell sees it, with a real server behind it."""

import asyncio
import json
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import uvicorn

from dihedral.ops.work import tokens
from tests.actors import enrol
from tests.control.conftest import OWNER, World
from tests.control.test_cli import dihedral

pytestmark = pytest.mark.anyio
Shell = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
async def shell(world: World, tmp_path: Path) -> AsyncIterator[Shell]:
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    await world.workspace("orders")
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(world.app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server._serve(sockets=[door]))
        yield partial(
            asyncio.to_thread, dihedral, data=tmp_path, DIHEDRAL_URL=url, DIHEDRAL_TOKEN=OWNER
        )
        server.should_exit = True
        await serving


async def test_the_life_of_an_agent(world: World, shell: Shell) -> None:
    made = await shell(
        "agent", "create", "drafter", "--purpose", "drafts changes", "--tool", "read_state",
        "--role", "proposer@orders", "--role", "viewer@project:default", "--delta", "200.50",
        "--money", "any", "--as", "ada",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    for words in (
        "owner", "ada", "proposer in ws-", "viewer in prj-default", "any amount a month",
        "200.50 USD more a month", "limited at most", "100 calls, 600 seconds",
    ):  # fmt: skip
        assert words in made.stdout
    changed = await shell("agent", "set", "drafter", "--blast", "wide", "--calls", "any")
    assert "wide at most" in changed.stdout and "any calls, 600 seconds" in changed.stdout
    token = await shell("agent", "token", "drafter", "--as", "ada")
    said = await tokens.verify(world.ops, token.stdout.strip())
    instance = said.instance.rpartition("/")[2]
    assert token.stderr.startswith(f"{instance} of drafter; it ends in ")
    shown = await shell("agent", "show", "drafter")
    assert f"{instance} works for ada" in shown.stdout
    stopped = await shell("agent", "suspend", "drafter", "-m", "a drill")
    assert stopped.stdout == "drafter is suspended; 1 instance ended\n"
    listed = await shell("agent", "list")
    assert "drafter" in listed.stdout and "suspended" in listed.stdout
    refused = await shell("agent", "token", "drafter", "--as", "ada", "--json")
    assert refused.returncode == 1 and "suspended by local" in refused.stderr
    resumed = await shell("agent", "resume", "drafter")
    assert resumed.stdout == "drafter is resumed; 0 runs held until now\n"
    again = json.loads((await shell("agent", "token", "drafter", "--as", "ada", "--json")).stdout)
    ended = await shell("agent", "end", "drafter", again["instance"], "--as", "ada")
    assert ended.stdout == f"{again['instance']} is over\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "viewer@team:web"), "'team:web' is no place"),
        (("--calls", "many"), "--calls is a whole number, or `any`"),
    ],
)
async def test_words_that_make_no_sense(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = dihedral("agent", "create", "x", *words, data=tmp_path)
    assert (done.returncode, said in done.stderr) == (2, True)

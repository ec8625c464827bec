"""`dihedral agent …` as a shell sees it, with a real server behind it."""

import asyncio
import json
import re
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
DRAFTER = """\
apiVersion: dihedral/v1
kind: Agent
metadata: {name: drafter}
spec:
  purpose: drafts changes
  prompt: drafter.md
  model: small
  tools: [read_on]
  grants: [{role: proposer, workspace: orders}]
"""
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An agent's file and its prompt."""
    made = tmp_path / "agents"
    made.mkdir()
    (made / "drafter.yaml").write_text(DRAFTER, "utf-8")
    (made / "drafter.md").write_text("You draft.\n", "utf-8")
    return made


async def test_agents_as_files(shell: Shell, folder: Path) -> None:
    refused = await shell("agent", "apply", "-f", str(folder))
    assert (refused.returncode, "say --yes" in refused.stderr) == (2, True)
    assert "drafter: created, version 1\n" in refused.stdout
    assert "+  purpose: drafts changes" in refused.stdout
    assert "may from now on: owner local; proposer in ws-" in refused.stdout
    assert (await shell("agent", "show", "drafter")).returncode == 1  # it was only shown
    made = await shell("agent", "apply", "-f", str(folder), "--yes")
    assert made.returncode == 0, made.stderr
    assert "\ndrafter is at version 1 (" in made.stdout
    same = await shell("agent", "apply", "-f", str(folder / "drafter.yaml"))
    assert (same.returncode, same.stdout) == (
        0,
        "drafter: unchanged, version 1\nnothing to apply\n",
    )
    (folder / "drafter.md").write_text("You draft well.\n", "utf-8")
    changed = await shell("agent", "apply", "-f", str(folder), "--yes", "--json")
    assert [one["version"] for one in json.loads(changed.stdout)["items"]] == [2]
    shown = await shell("agent", "show", "drafter", "--version", "1")
    assert "1, held before" in shown.stdout and "from local" in shown.stdout
    old = await shell("agent", "show", "drafter", "--version", "1", "--file")
    new = await shell("agent", "show", "drafter", "--file")
    assert "You draft.\n" in old.stdout and "You draft well.\n" in new.stdout
    (folder / "drafter.yaml").write_text(old.stdout, "utf-8")  # what is shown can be applied
    again = await shell("agent", "apply", "-f", str(folder), "--yes")
    assert "drafter is at version 1 again" in again.stdout
    back = await shell("agent", "rollback", "drafter", "2")
    assert "-      You draft.\n" in back.stdout and "drafter is at version 2 again" in back.stdout
    twice = await shell("agent", "rollback", "drafter", "2")
    assert (twice.returncode, "holds already" in twice.stderr) == (1, True)
    told = (await shell("agent", "history", "drafter")).stdout.splitlines()
    assert [line.split()[0] for line in told] == ["version", "2", "1", "2", "1"]
    assert told[1].endswith("holds")
    listed = await shell("agent", "list")
    assert re.search(r"drafter +2 +small +local +may act", listed.stdout)
    assert re.search(r"supervisor +1 shipped +large +nobody yet", listed.stdout)


async def test_a_file_that_cannot_be_applied_says_where_and_what_next(
    shell: Shell, folder: Path
) -> None:
    file = folder / "drafter.yaml"
    file.write_text(DRAFTER.replace("purpose:", "purpos:"), "utf-8")
    wrong = await shell("agent", "apply", "-f", str(file), "--yes")
    assert wrong.returncode == 1
    assert f"{file}:5:3: there is no 'purpos' in spec; did you mean purpose?" in wrong.stderr
    assert f"then `dihedral agent apply -f {file}`" in wrong.stderr
    file.write_text(DRAFTER.replace("read_on", "read_off"), "utf-8")
    wrong = await shell("agent", "apply", "-f", str(file), "--yes")
    assert f"{file}:8:11: there is no tool 'read_off'; did you mean read_on?" in wrong.stderr
    file.write_text(DRAFTER, "utf-8")
    (folder / "drafter.md").unlink()
    wrong = await shell("agent", "apply", "-f", str(file), "--yes")
    assert f"{file}:6:11: there is no file '{folder}/drafter.md'" in wrong.stderr
    (folder / "drafter.md").symlink_to("/etc/hostname")
    wrong = await shell("agent", "apply", "-f", str(file), "--yes")
    assert f"leads out of {folder}, so it is not sent" in wrong.stderr
    empty = folder / "empty"
    empty.mkdir()
    wrong = await shell("agent", "apply", "-f", str(empty))
    assert (wrong.returncode, "there is no YAML file in" in wrong.stderr) == (2, True)


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

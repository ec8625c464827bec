"""`dihedral repo …` as a shell sees it: a real server, a real git, a real push."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dihedral.domain.ids import Digest
from dihedral.domain.run import Status
from dihedral.kit import blobs
from dihedral.ops.store import runs, workspaces
from tests.control.conftest import World
from tests.control.test_agent_cli import Shell, shell

__all__ = ["shell"]
pytestmark = pytest.mark.anyio


def git(*words: str) -> str:
    ended = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
    return ended.stdout


async def test_proposals_are_cloned_and_pushed_elsewhere(
    world: World, shell: Shell, tmp_path: Path
) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.ops.db.tx() as tx:
        held = await runs.find(tx, run)
        plan = Digest(await blobs.put(tx, world.ops.keyring, b"{}"))
        await runs.save(tx, replace(held, plan_json=plan))
        name = (await workspaces.find(tx, held.workspace)).name
    where, bare = tmp_path / "clone", tmp_path / "elsewhere"
    made = await shell("repo", "clone", name, str(where))
    assert made.returncode == 0, made.stderr
    assert made.stdout == f"{where}: 1 branches; nothing is applied yet\n"
    listed = git("-C", str(where), "ls-tree", "-r", "--name-only", f"proposal/{run}")
    assert listed.split(), listed
    assert git("-C", str(where), "remote") == ""
    again = await shell("repo", "clone", name, str(where))
    assert (again.returncode, again.stderr) == (
        1,
        f"{where} is there already; name another directory\n",
    )
    git("init", "-q", "--bare", str(bare))
    pushed = await shell("repo", "push", name, "--remote", str(bare))
    assert pushed.returncode == 0, pushed.stderr
    assert git("-C", str(bare), "branch", "--format=%(refname:short)") == f"proposal/{run}\n"
    strange = await shell("repo", "push", name, "--remote", "--upload-pack=id")
    assert strange.returncode == 1 and "is no URL" in strange.stderr


async def test_a_workspace_without_proposals_says_what_to_do(shell: Shell) -> None:
    made = await shell("repo", "clone", "orders")
    assert made.returncode == 1
    assert "nothing was proposed in workspace orders yet: `dihedral plan` does" in made.stderr

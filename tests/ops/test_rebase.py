"""Proposals that wait beside each other: each is laid over what the others had applied."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.approval import Ending
from dihedral.domain.errors import Conflict
from dihedral.domain.run import Run, Status
from dihedral.kit import blobs
from dihedral.ops.rules import bundle, hcl, merging
from dihedral.ops.work import pipeline, repository, workspaces
from tests.ops.conftest import ADA, BO, World
from tests.ops.test_repository import cloned, git

pytestmark = pytest.mark.anyio


def block(name: str, said: str = "one") -> str:
    return f'resource "terraform_data" "{name}" {{\n  input = "{said}"\n}}\n'


BOTTOM = "\n".join(block(name) for name in ("a", "b", "c"))


async def files(world: World, run: Run) -> dict[str, str]:
    held = await world.see(run.id)
    async with world.ops.db.tx() as tx:
        found = bundle.decode(await blobs.get(tx, world.ops.keyring, held.configuration))
    return {path: body.decode() for path, body in found.items()}


async def existing(world: World) -> dict[str, Any]:
    """What the state holds, by address."""
    version = (await workspaces.see(world.ops, ADA, "shop")).version
    assert version is not None
    async with world.ops.db.tx() as tx:
        state = json.loads(await blobs.get(tx, world.ops.keyring, version.content))
    return {
        f"{r['type']}.{r['name']}": r["instances"][0]["attributes"]["input"]["value"]
        for r in state["resources"]
    }


async def approved(world: World, run: Run) -> Run:
    effect = (await world.see(run.id)).effect
    await pipeline.approve(world.ops, BO, run.id, effect)
    return await world.advance(run.id)


async def again(world: World, run: Run) -> Run:
    new = await pipeline.replan(world.ops, ADA, run.id)
    return await world.advance(new.id)


async def test_two_that_wait_are_both_applied_and_both_effects_are_there(
    world: World, tmp_path: Path
) -> None:
    await world.apply(BOTTOM)
    first = await world.propose(BOTTOM.replace(block("a"), block("a", "two")))
    second = await world.propose(BOTTOM.replace(block("c"), block("c", "three")))
    assert (await approved(world, first)).status is Status.APPLIED
    second = await again(world, second)
    assert second.status is Status.POLICY_CHECKED
    assert second.summary["line"] == "1 to update"
    assert (await approved(world, second)).status is Status.APPLIED
    assert await existing(world) == {
        "terraform_data.a": "two",
        "terraform_data.b": "one",
        "terraform_data.c": "three",
    }
    made = cloned(await repository.packed(world.ops, ADA, "shop"), tmp_path / "clone")
    assert (made / "main.tf").read_text() == (await files(world, second))["main.tf"]
    branch = git(made, "log", "--format=%s", "--first-parent", f"origin/proposal/{second.id}")
    assert branch.splitlines()[:2] == ["a test", "a test"]  # its two versions
    old = git(made, "show", f"origin/proposal/{second.id}^:main.tf")
    assert block("a") in f"{old}\n" and block("c", "three") in f"{old}\n"
    git(made, "fsck", "--strict")


async def test_a_yes_for_the_files_before_holds_no_longer(world: World) -> None:
    await world.apply(BOTTOM)
    first = await world.propose(BOTTOM.replace(block("a"), block("a", "two")))
    second = await world.propose(BOTTOM.replace(block("c"), block("c", "three")))
    await pipeline.approve(world.ops, BO, first.id)
    await pipeline.approve(world.ops, BO, second.id)
    await world.advance(first.id)
    second = await world.advance(second.id)
    assert second.status is Status.ERRORED
    assert "the state has moved on" in second.reason
    new = await again(world, second)
    assert (new.replans, new.status) == (second.id, Status.POLICY_CHECKED)
    story = await pipeline.see(world.ops, ADA, second.id)
    assert [a.ended_as for a in story.approvals] == [Ending.VOID]
    assert (await approved(world, new)).status is Status.APPLIED
    assert (await existing(world))["terraform_data.a"] == "two"
    assert (await existing(world))["terraform_data.c"] == "three"


async def test_blocks_that_both_add_to_the_end_of_a_file_both_stay(world: World) -> None:
    await world.apply(BOTTOM)
    first = await world.propose(f"{BOTTOM}\n{block('d')}")
    second = await world.propose(f"{BOTTOM}\n{block('e')}")
    await approved(world, first)
    second = await again(world, second)
    assert second.summary["line"] == "1 to create"
    await approved(world, second)
    assert {"terraform_data.d", "terraform_data.e"} < set(await existing(world))
    text = (await files(world, second))["main.tf"]
    assert text == "\n".join(block(name) for name in "abcde")


async def test_two_first_proposals_of_an_empty_workspace_are_both_applied(world: World) -> None:
    head = 'terraform {\n  required_version = ">= 1.0"\n}\n\n'
    first = await world.propose(head + block("a"))
    second = await world.propose_files(
        {"main.tf": f"{head}{block('b')}".encode(), "more.tf": block("c").encode()}
    )
    await approved(world, first)
    second = await again(world, second)
    assert (await files(world, second))["main.tf"] == f"{head}{block('a')}\n{block('b')}"
    await approved(world, second)
    assert set(await existing(world)) == {f"terraform_data.{name}" for name in "abc"}


async def test_a_conflict_names_files_and_lines_and_loses_nothing(world: World) -> None:
    await world.apply(BOTTOM)
    first = await world.propose(BOTTOM.replace(block("b"), block("b", "two")))
    mine = BOTTOM.replace(block("b"), block("b", "three"))
    second = await world.propose(mine)
    await approved(world, first)
    with pytest.raises(Conflict) as told:
        await pipeline.replan(world.ops, ADA, second.id)
    said = str(told.value)
    assert f"cannot be laid over what {first.id} applied" in said
    assert "main.tf is changed here and there at line 6 (applied: line 6)" in said
    assert "dihedral repo clone shop" in said and f"dihedral run discard {second.id}" in said
    assert (await files(world, second))["main.tf"] == mine
    assert (await world.see(second.id)).status is Status.POLICY_CHECKED
    assert "replanned" not in await world.told(second.id)


async def test_a_file_that_one_removes_and_the_other_changes_is_a_conflict(world: World) -> None:
    both = {"main.tf": block("a").encode(), "b.tf": block("b").encode()}
    base = await world.propose_files(both)
    await approved(world, base)
    gone = await world.propose_files({"main.tf": both["main.tf"]})
    second = await world.propose_files({**both, "b.tf": block("b", "two").encode()})
    await approved(world, gone)
    with pytest.raises(Conflict, match=r"b\.tf is changed here, and removed there"):
        await pipeline.replan(world.ops, ADA, second.id)


async def test_what_is_applied_while_another_waits_for_a_worker_is_not_undone(
    world: World,
) -> None:
    await world.apply(BOTTOM)
    first = await world.propose(BOTTOM.replace(block("a"), block("a", "two")))
    await pipeline.approve(world.ops, BO, first.id)
    second = await world.propose(BOTTOM.replace(block("c"), block("c", "three")))
    await pipeline.replan(world.ops, ADA, second.id)  # before the first one is applied
    await world.advance(first.id)
    second = await world.advance(second.id)
    assert second.summary["line"] == "1 to update"
    await approved(world, second)
    assert (await existing(world))["terraform_data.a"] == "two"


async def test_one_that_fits_no_longer_when_its_turn_comes_ends_with_the_reason(
    world: World,
) -> None:
    await world.apply(BOTTOM)
    first = await world.propose(BOTTOM.replace(block("a"), block("a", "two")))
    second = await world.propose(BOTTOM.replace(block("a"), block("a", "three")))
    await pipeline.approve(world.ops, BO, first.id)
    await pipeline.replan(world.ops, ADA, second.id)
    await world.advance(first.id)
    second = await world.advance(second.id)
    assert second.status is Status.ERRORED
    assert "main.tf is changed here and there at line 2" in second.reason


async def test_what_was_applied_last_is_what_comes_next_whoever_was_proposed_first(
    world: World,
) -> None:
    early = await world.propose_files({"a.tf": block("a").encode()})
    late = await world.propose_files({"b.tf": block("b").encode()})
    await approved(world, late)
    early = await again(world, early)
    await approved(world, early)
    here = await pipeline.current(world.ops, ADA, world.workspace.id)
    assert set(here) == {"a.tf", "b.tf"}


async def test_all_is_destroyed_also_what_was_applied_since(world: World) -> None:
    await world.apply(block("a"))
    gone = await world.propose_files({}, destroy=True)
    await world.apply(block("a") + block("b"))
    gone = await again(world, gone)
    assert gone.summary["line"] == "2 to delete"
    await approved(world, gone)
    assert await existing(world) == {}


def merged(base: str, mine: str, now: str, where: Path) -> tuple[str, tuple[merging.Clash, ...]]:
    """As git merges them, in main.tf."""
    three = {"mine": mine, "base": base, "now": now}
    size = merging.mark(*(text.encode() for text in three.values()))
    for name, text in three.items():
        (where / name).write_bytes(text.encode())
    said = subprocess.run(
        ["git", "merge-file", "-p", "--diff3", f"--marker-size={size}", *three],
        cwd=where,
        capture_output=True,
        check=False,
    )
    left = merging.Text("main.tf", said.stdout, size, mine.encode(), now.encode())
    whole, clashes = merging.settled(left, hcl.reader())
    return whole.decode(), clashes


def test_a_line_that_looks_like_a_mark_is_none(tmp_path: Path) -> None:
    trap = "<<<<<<< x\n||||||| y\n=======\n>>>>>>> z\n"
    base = f"# {trap}{trap}{BOTTOM}"
    mine, now = base.replace('"a"', '"z"'), base + block("n")
    text, clashes = merged(base, mine, now, tmp_path)
    assert (text, clashes) == (now.replace('"a"', '"z"'), ())


def test_a_carriage_return_ends_no_line(tmp_path: Path) -> None:
    base = "# a\r<<<<<<< b\r=======\n" + BOTTOM
    text, clashes = merged(base, base.replace("one", "two", 1), base + block("n"), tmp_path)
    assert clashes == () and text.startswith("# a\r<<<<<<< b\r=======\n")


@pytest.mark.parametrize(
    ("mine", "now"),
    [
        (block("d"), block("d", "two")),  # the same name, another thing
        ('provider "aws" {\n  region = "a"\n}\n', 'provider "aws" {\n  region = "b"\n}\n'),
        ("  ingress {\n  }\n", "  egress {\n  }\n"),  # no blocks of a file's top
        ("a = 1\n", block("d")),
        ("}\n", block("d")),
    ],
)
def test_what_is_not_apart_stays_a_conflict(mine: str, now: str, tmp_path: Path) -> None:
    _, clashes = merged(BOTTOM, BOTTOM + mine, BOTTOM + now, tmp_path)
    assert [(c.path, c.mine and c.mine[0]) for c in clashes] == [("main.tf", 12)]


def test_the_lines_of_a_conflict_are_each_side_s_own(tmp_path: Path) -> None:
    mine = BOTTOM.replace(block("c"), block("c", "three"))
    now = f"# new\n{BOTTOM}".replace(block("c"), block("c", "four"))
    _, clashes = merged(BOTTOM, mine, now, tmp_path)
    assert [(c.mine, c.now) for c in clashes] == [((10, 10), (11, 11))]


def test_many_conflicts_are_told_in_a_few_words() -> None:
    many = [merging.Clash(f"{n}.tf", "is changed here and there") for n in range(30)]
    assert merging.told(many).endswith("; and 22 more")
    assert "\\n" in merging.told([merging.Clash("a\nb", "is no text")])

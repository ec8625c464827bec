"""A workspace's proposals in Git, read back by git itself."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dihedral.domain.errors import Conflict, Forbidden, NotFound
from dihedral.domain.ids import ActorId, Digest, RunId
from dihedral.domain.right import Role
from dihedral.ops.rules import gitstream
from dihedral.ops.rules.gitstream import Commit, Proposed
from dihedral.ops.work import pipeline, repository, workspaces
from tests.actors import agent, person
from tests.ops.conftest import ADA, BO, World

TWO = b'output "two" {\n  value = 2\n}\n'
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def data(text: str) -> str:
    return f'resource "terraform_data" "a" {{\n  input = "{text}"\n}}\n'


def proposed(name: str, at: int, applied: int | None = None) -> Proposed:
    return Proposed(
        run=RunId(f"run-{name}"),
        by=ActorId("agent:infra"),
        on_behalf_of=ActorId("ada"),
        reason="because",
        source="agent:infra",
        conversation="cv-1",
        configuration=Digest(name * 64),
        at=NOON + timedelta(minutes=at),
        applied_at=None if applied is None else NOON + timedelta(minutes=applied),
    )


def git(where: Path, *words: str) -> str:
    ended = subprocess.run(
        ["git", "-C", str(where), *words], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def cloned(packed: bytes, where: Path) -> Path:
    bundle = where.with_suffix(".bundle")
    bundle.write_bytes(packed)
    subprocess.run(["git", "clone", "-q", str(bundle), str(where)], check=True)
    return where


def test_main_moves_on_to_what_nothing_came_before_and_is_a_merge_else() -> None:
    steps = list(gitstream.steps([proposed("a", 0, 3), proposed("b", 1, 4), proposed("c", 5)]))
    a, b, forward, merge, c = steps
    assert isinstance(a, Commit) and isinstance(b, Commit) and isinstance(c, Commit)
    assert (a.ref, a.parents) == ("refs/heads/proposal/run-a", ())
    assert forward == gitstream.Forward(a.mark)
    assert isinstance(merge, Commit)
    assert (merge.ref, merge.parents) == (gitstream.MAIN, (a.mark, b.mark))
    assert c.parents == (merge.mark,)


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", "a/.GIT/hooks/x", "../x", "a/../b", "/etc/passwd", "a//b", "a\\b", "x\0"),
        *("git~1/config", "a/./b", ""),
    ],
)
def test_a_path_that_git_or_a_disk_takes_for_another_is_left_out_and_said(path: str) -> None:
    one = next(gitstream.steps([proposed("a", 0)]))
    assert isinstance(one, Commit)
    text = gitstream.commit(one, {path: 7, "main.tf": 8})
    assert text.count(b"M 100644") == 1 and b'M 100644 :8 "main.tf"' in text
    assert b"Left-out: " in text


def test_nobody_writes_commands_into_the_stream() -> None:
    evil = "x\nfrom :1\nM 100644 :1 .git/config <a>"
    one = Proposed(
        run=RunId("run-a"),
        by=ActorId(f"ada {evil}"),
        on_behalf_of=ActorId(evil),
        reason=f"{evil}\0",
        source=evil,
        conversation=evil,
        configuration=None,
        at=NOON,
        applied_at=None,
    )
    made = next(gitstream.steps([one]))
    assert isinstance(made, Commit)
    text = gitstream.commit(made, {'a"\nM 100644 :9 "b': 7}).decode()
    head, _, rest = text.partition("data ")
    assert head.count("\n") == 4 and head.count("<") == 2
    size, _, after = rest.partition("\n")
    assert after.encode()[int(size) :].decode().splitlines() == [
        "",
        "deleteall",
        'M 100644 :7 "a\\"\\nM 100644 :9 \\"b"',
        "",
    ]


@pytest.mark.anyio
async def test_proposals_are_branches_and_main_is_what_is_applied(
    world: World, tmp_path: Path
) -> None:
    await world.apply(data("one"))
    left = await world.propose_files({"main.tf": data("one").encode(), "two.tf": TWO})
    third = await world.propose_files({"main.tf": data("three").encode(), "more.tf": b"locals {}"})
    await world.propose(data("only read"), plan_only=True)
    await world.propose('resource "terraform_data" "a" {\n  provisioner "local-exec" {}\n}\n')
    await pipeline.approve(world.ops, BO, third.id)
    await world.advance(third.id)
    made = cloned(await repository.packed(world.ops, ADA, "shop"), tmp_path / "clone")
    assert (made / "main.tf").read_text() == data("three")
    branches = git(made, "branch", "-r", "--format=%(refname:short)").split()
    assert len([b for b in branches if "/proposal/" in b]) == 3
    assert git(made, "show", f"origin/proposal/{left.id}:two.tf") == TWO.decode().strip()
    assert git(made, "log", "--format=%an <%ae>", "-1") == "ada <ada@dihedral.invalid>"
    body = git(made, "log", "--format=%B", "-1")
    assert body.startswith("a test") and f"Run: {third.id}" in body
    git(made, "fsck", "--strict")
    again = cloned(await repository.packed(world.ops, ADA, "shop"), tmp_path / "again")
    assert git(again, "rev-parse", "HEAD") == git(made, "rev-parse", "HEAD")
    await pipeline.replan(world.ops, ADA, left.id)
    effect = (await world.advance(left.id)).effect
    await pipeline.approve(world.ops, BO, left.id, effect)
    await world.advance(left.id)
    merged = cloned(await repository.packed(world.ops, ADA, "shop"), tmp_path / "merged")
    parents = git(merged, "log", "-1", "--format=%P").split()
    heads = [git(made, "rev-parse", ref) for ref in (f"origin/proposal/{left.id}", "HEAD")]
    assert parents == heads  # what was laid over what is applied is a merge, and `main` moves on
    assert (merged / "main.tf").read_text() == data("three")
    assert (merged / "two.tf").read_bytes() == TWO
    gone = await world.propose_files({}, destroy=True)
    await pipeline.approve(world.ops, BO, gone.id)
    await world.advance(gone.id)
    empty = cloned(await repository.packed(world.ops, ADA, "shop"), tmp_path / "empty")
    assert git(empty, "ls-files") == ""
    assert git(empty, "log", "--format=%s") != ""


@pytest.mark.anyio
async def test_a_repository_is_whole_files_so_not_everybody_reads_it(world: World) -> None:
    with pytest.raises(Conflict, match="nothing was proposed in workspace shop yet"):
        await repository.packed(world.ops, ADA, "shop")
    await world.propose(data("one"))
    assert await repository.packed(world.ops, person("vi", Role.VIEWER), "shop")
    with pytest.raises(Forbidden, match="only a person may do that"):
        await repository.packed(world.ops, agent("infra", "ada"), "shop")
    with pytest.raises(NotFound):
        await repository.packed(world.ops, person("eve", None), "shop")
    await workspaces.add(world.ops, ADA, "other")
    with pytest.raises(Conflict):
        await repository.packed(world.ops, ADA, "other")

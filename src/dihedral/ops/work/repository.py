"""A workspace's proposals as a Git repository, made anew whenever somebody asks for it.

The database is the truth and the history is a function of it: so there is no repository to keep on
a disk, and every machine hands out the same commits. docs/adr/0018
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import ActorId, Digest, RunId
from dihedral.domain.right import Action
from dihedral.kit import blobs
from dihedral.kit.db import Row
from dihedral.kit.process import Limits
from dihedral.ops.rules import bundle, gitstream
from dihedral.ops.rules.gitstream import Commit, Proposed
from dihedral.ops.store import runs
from dihedral.ops.work import audit, git, permitted
from dihedral.ops.work.plane import Ops

LARGEST = 512 << 20  # bytes of all files that ever were, before git packs them
LIMITS = Limits(seconds=300.0, grace=2.0, output=1 << 20)
BLOBS = 1 << 40  # marks of blobs begin here, those of commits at 1
_WHY = "the repository cannot be made"


@dataclass(slots=True)
class _Stream:
    """`marks` are of what is written already, by its digest."""

    file: BinaryIO
    size: int = 0
    marks: dict[bytes, int] = field(default_factory=dict)

    def say(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > LARGEST:
            raise Conflict(f"the repository holds more than {LARGEST >> 20} MiB of files")
        self.file.write(data)

    def commit(self, one: Commit, files: Mapping[str, bytes]) -> None:
        marked: dict[str, int] = {}
        for path, body in files.items():
            key = hashlib.sha256(body).digest()
            if key not in self.marks:
                self.marks[key] = BLOBS + len(self.marks)
                self.say(gitstream.blob(body, self.marks[key]))
            marked[path] = self.marks[key]
        self.say(gitstream.commit(one, marked))


async def packed(ops: Ops, actor: Actor, workspace: str) -> bytes:
    """All of it as a bundle, from which `git clone` clones. Raises NotFound, Forbidden, Conflict
    (nothing was ever proposed there), Upstream."""
    async with ops.db.tx() as tx:
        where = await permitted.workspace(tx, actor, workspace, Action.REPOSITORY_READ)
        rows = await runs.proposals(tx, where.id)
        earlier = await runs.versions(tx, where.id)
        audit.noted(ops, tx, actor, "repository.read", where.name, workspace=where.id)
    if not rows:
        raise Conflict(f"nothing was proposed in workspace {where.name} yet: `dihedral plan` does")
    with tempfile.TemporaryDirectory(prefix="dihedral-git-") as made:
        top = Path(made)
        await git.run(top, ["init", "--quiet", "--bare", "--template=", "-b", "main"], _WHY)
        await _written(ops, top / "stream", [_proposed(row, earlier) for row in rows])
        words = ["fast-import", "--quiet", "--done", f"--max-pack-size={LARGEST}"]
        await git.run(top, words, _WHY, LIMITS, reads=top / "stream")
        head = ["HEAD"] if any(row["applied_at"] for row in rows) else []
        await git.run(top, ["bundle", "create", "--quiet", "made", *head, "--all"], _WHY, LIMITS)
        return await anyio.to_thread.run_sync((top / "made").read_bytes)


async def _written(ops: Ops, path: Path, proposals: list[Proposed]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        stream = _Stream(file)
        for step in gitstream.steps(proposals):
            if isinstance(step, Commit):
                files = await _files(ops, step.configuration)
                await anyio.to_thread.run_sync(stream.commit, step, files)
            else:
                stream.say(gitstream.forward(step))
        stream.say(b"done\n")


async def _files(ops: Ops, configuration: Digest | None) -> Mapping[str, bytes]:
    if configuration is None:
        return {}
    async with ops.db.tx() as tx:
        return bundle.decode(await blobs.get(tx, ops.keyring, configuration))


def _proposed(row: Row, earlier: Sequence[Row]) -> Proposed:
    before = (v for v in earlier if v["run"] == row["id"])
    return Proposed(
        run=RunId(row["id"]),
        by=ActorId(row["proposer"]),
        on_behalf_of=ActorId(row["on_behalf_of"]) if row["on_behalf_of"] else None,
        reason=row["message"],
        source=row["source"],
        conversation=row["conversation"] or "",
        configuration=_whole(row, row["configuration"]),
        at=row["created_at"],
        applied_at=row["applied_at"],
        versions=tuple((_whole(row, v["configuration"]), v["at"]) for v in before),
    )


def _whole(row: Row, configuration: str) -> Digest | None:
    return None if row["destroy"] else Digest(configuration)

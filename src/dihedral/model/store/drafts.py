"""Drafts, remembered: each version of a conversation's files, and what came of it when tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from dihedral.domain.ids import ActorId, ConversationId, RunId, TurnId, WorkspaceId
from dihedral.kit import blobs, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "drafts.sql")


@dataclass(frozen=True, slots=True)
class Of:
    """Whose files, and for where."""

    conversation: ConversationId
    workspace: WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`files` is the whole configuration, which began from `base`. `number` counts from 1."""

    of: Of
    number: int
    base: Mapping[str, bytes] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """By which call, in which turn."""

    key: str
    turn: TurnId
    by: ActorId
    at: datetime


class Trying(StrEnum):
    VALIDATED = "validated"
    PLANNED = "planned"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What came of a draft. `said` is what the model was told."""

    key: str
    number: int
    turn: TurnId
    kind: Trying
    passed: bool
    said: str
    run: RunId | None = None
    at: datetime


async def hold(tx: Tx, of: Of) -> None:
    """Whoever writes a version of these files waits for the others, until `tx` ends."""
    await tx.row(Q["hold"], name=f"{of.conversation} {of.workspace}")


async def newest(tx: Tx, ring: Keyring, of: Of) -> Draft | None:
    row = await tx.row(Q["newest"], conversation=of.conversation, workspace=of.workspace)
    return None if row is None else await _draft(tx, ring, row)


async def by_key(tx: Tx, ring: Keyring, key: str) -> Draft | None:
    """The version that a call wrote."""
    row = await tx.row(Q["by_key"], key=key)
    return None if row is None else await _draft(tx, ring, row)


async def add(tx: Tx, ring: Keyring, draft: Draft, written: Written) -> None:
    await tx.do(
        Q["add"],
        conversation=draft.of.conversation,
        workspace=draft.of.workspace,
        number=draft.number,
        key=written.key,
        turn=written.turn,
        base=await blobs.put(tx, ring, _packed(draft.base)),
        files=await blobs.put(tx, ring, _packed(draft.files)),
        written_by=written.by,
        written_at=written.at,
    )


async def tried(tx: Tx, ring: Keyring, of: Of, one: Try) -> None:
    """Kept once for each key."""
    await tx.do(
        Q["tried"],
        key=one.key,
        conversation=of.conversation,
        workspace=of.workspace,
        number=one.number,
        turn=one.turn,
        kind=one.kind,
        passed=one.passed,
        said=await blobs.put(tx, ring, one.said.encode()),
        run=one.run,
        at=one.at,
    )


async def failures(tx: Tx, conversation: ConversationId, turn: TurnId, key: str) -> int:
    """How many tries of the turn did not pass, but for the call `key`, which is made again."""
    row = await tx.row(Q["failures"], conversation=conversation, turn=turn, key=key)
    return 0 if row is None else int(row["failures"])


async def tries(tx: Tx, ring: Keyring, of: Of) -> list[Try]:
    """In their order."""
    rows = await tx.rows(Q["tries"], conversation=of.conversation, workspace=of.workspace)
    return [await _try(tx, ring, row) for row in rows]


async def _draft(tx: Tx, ring: Keyring, row: Row) -> Draft:
    return Draft(
        of=Of(ConversationId(row["conversation"]), WorkspaceId(row["workspace"])),
        number=row["number"],
        base=_unpacked(await blobs.get(tx, ring, row["base"])),
        files=_unpacked(await blobs.get(tx, ring, row["files"])),
    )


async def _try(tx: Tx, ring: Keyring, row: Row) -> Try:
    return Try(
        key=row["key"],
        number=row["number"],
        turn=TurnId(row["turn"]),
        kind=Trying(row["kind"]),
        passed=row["passed"],
        said=(await blobs.get(tx, ring, row["said"])).decode(),
        run=None if row["run"] is None else RunId(row["run"]),
        at=row["at"],
    )


def _packed(files: Mapping[str, bytes]) -> bytes:
    return msgspec.msgpack.encode(dict(sorted(files.items())))


def _unpacked(data: bytes) -> dict[str, bytes]:
    return msgspec.msgpack.decode(data, type=dict[str, bytes])

"""The audit log, remembered. Nothing here changes a record, and the database refuses it too."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from dihedral.domain.actor import Kind
from dihedral.domain.audit import FIELDS, Act, Head, Link, Outcome
from dihedral.domain.ids import OrganizationId
from dihedral.kit import blob, sql
from dihedral.kit import keys as ring
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx
from dihedral.kit.dsse import Signer

Q = sql.load(__package__, "audit.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which records: all where nothing is said. Those `until` are before that instant."""

    organization: OrganizationId | None = None
    workspace: str | None = None
    target: str | None = None
    actor: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The head as it is kept. `newest` is the number of the newest record, which should be its."""

    head: Head
    seal: bytes | None
    newest: int


async def hold(tx: Tx) -> Head:
    """The head, held until `tx` ends; all who add a record wait for it, so do it last."""
    row = await tx.row(Q["hold"])
    assert row is not None
    return Head(row["seq"], row["hash"])


async def add(tx: Tx, link: Link, seal: bytes) -> None:
    """The record that follows the head that is held, and is the head now."""
    fields = {name: getattr(link.act, name) for name in FIELDS}
    await tx.do(Q["add"], **fields, seq=link.seq, hash=link.hash, seal=seal)


async def kept(tx: Tx) -> Kept:
    row = await tx.row(Q["head"])
    if row is None:
        return Kept(Head(), None, -1)
    return Kept(Head(row["seq"], row["hash"]), row["seal"], row["newest"])


async def keys(tx: Tx, keyring: Keyring, now: datetime) -> Signer:
    """What signs now; made at the first start. Raises Sealed."""
    await tx.do(Q["hold_keys"])
    for row in await ring.rows(tx, keyring, Q["keys"]):
        private = blob.unseal(keyring, row["sealed"], bind(row["id"]))
        return Signer.of(private)
    made, key = Signer.new(), await ring.sealing(tx, keyring)
    sealed = blob.seal(key, made.private, bind(made.id))
    await tx.do(Q["add_key"], id=made.id, public=made.public, sealed=sealed, created_at=now)
    return made


def bind(signing_key: str) -> bytes:
    return f"signing key {signing_key}".encode()


async def after(tx: Tx, seq: int, size: int) -> list[Link]:
    """Oldest first."""
    return [_link(row) for row in await tx.rows(Q["after"], after=seq, size=size)]


async def page(tx: Tx, which: Which, before: int | None, size: int) -> list[Link]:
    """Newest first, those before a record's number."""
    rows = await tx.rows(Q["page"], **asdict(which), before=before, size=size)
    return [_link(row) for row in rows]


async def news(tx: Tx, which: Which, after: int, size: int) -> list[Link]:
    """Oldest first, those after a record's number, from whenever they are."""
    rows = await tx.rows(Q["news"], **asdict(which), after=after, size=size)
    return [_link(row) for row in rows]


async def touching(
    tx: Tx, organization: OrganizationId, targets: Collection[str], actors: Collection[str]
) -> list[tuple[Link, str]]:
    """What was done to some things, and what agents were denied in some conversations, in order;
    with the hash of the record before each."""
    which = {"targets": list(targets), "actors": list(actors)}
    rows = await tx.rows(Q["touching"], organization=organization, **which)
    return [(_link(row), row["before"]) for row in rows]


def _link(row: Row) -> Link:
    fields = {name: row[name] for name in FIELDS}
    act = Act(**{**fields, "kind": Kind(row["kind"]), "outcome": Outcome(row["outcome"])})
    return Link(row["seq"], act, row["hash"])

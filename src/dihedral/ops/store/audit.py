"""The audit log, remembered. Nothing here changes a record, and the database refuses it too."""

from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.actor import Kind
from dihedral.domain.audit import Act, Outcome
from dihedral.kit import blob, sql
from dihedral.kit.blob import Keyring, Sealed
from dihedral.kit.db import Row, Tx
from dihedral.kit.dsse import Signer
from dihedral.ops.rules import chain
from dihedral.ops.rules.chain import FIELDS, Head, Link

Q = sql.load(__package__, "audit.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which records: all where nothing is said. `before` is a record's number."""

    before: int | None = None
    workspace: str | None = None
    target: str | None = None
    actor: str | None = None
    outcome: Outcome | None = None


async def add(tx: Tx, keyring: Keyring, act: Act) -> Link:
    """The record in its place. Takes a lock that all others wait for: do it last."""
    row = await tx.row(Q["hold"])
    assert row is not None
    made = chain.link(Head(row["seq"], row["hash"]), act)
    seal = blob.seal(keyring, b"", chain.sealed(Head(made.seq, made.hash)))
    fields = {name: getattr(act, name) for name in FIELDS}
    await tx.do(Q["add"], **fields, seq=made.seq, hash=made.hash, seal=seal)
    return made


async def head(tx: Tx) -> Head:
    row = await tx.row(Q["head"])
    assert row is not None
    return Head(row["seq"], row["hash"])


async def genuine(tx: Tx, keyring: Keyring) -> tuple[Head, str]:
    """The head, and what is wrong with it: not written with the key, or not the newest."""
    row = await tx.row(Q["head"])
    if row is None:
        return Head(), "the log has no head"
    found = Head(row["seq"], row["hash"])
    if row["newest"] != found.seq:
        return found, f"the newest record is {row['newest']}, and {found.seq} were written"
    if row["seal"] is None:
        return found, "" if found == Head() else "the log's head has no seal"
    try:
        blob.unseal(keyring, row["seal"], chain.sealed(found))
    except Sealed:
        return found, "the log's head was not written with this server's key"
    return found, ""


async def keys(tx: Tx, keyring: Keyring, now: datetime) -> Signer:
    """What signs now; made at the first start. Raises Sealed."""
    await tx.do(Q["hold_keys"])
    row = await tx.row(Q["keys"])
    if row is not None:
        private = blob.unseal(keyring, row["sealed"], f"signing key {row['id']}".encode())
        return Signer.of(private)
    made = Signer.new()
    sealed = blob.seal(keyring, made.private, f"signing key {made.id}".encode())
    await tx.do(Q["add_key"], id=made.id, public=made.public, sealed=sealed, created_at=now)
    return made


async def after(tx: Tx, seq: int, size: int) -> list[Link]:
    """Oldest first."""
    return [_link(row) for row in await tx.rows(Q["after"], after=seq, size=size)]


async def page(tx: Tx, which: Which, size: int) -> list[Link]:
    """Newest first."""
    rows = await tx.rows(
        Q["page"],
        before=which.before,
        workspace=which.workspace,
        target=which.target,
        actor=which.actor,
        outcome=which.outcome,
        size=size,
    )
    return [_link(row) for row in rows]


def _link(row: Row) -> Link:
    fields = {name: row[name] for name in FIELDS}
    act = Act(**{**fields, "kind": Kind(row["kind"]), "outcome": Outcome(row["outcome"])})
    return Link(row["seq"], act, row["hash"])

"""The keyring as the database has it: which data key seals now, which others still open content.

A data key is kept sealed by the master key, which is never in the database. Whoever seals asks in
its own transaction which key does (`sealing`); until that transaction ends the key is not retired
(schema/0012). So nobody has to be told of a rotation, and nothing is sealed with a key of before.
A process meets a key that it does not know in something that it reads (`rows`), and learns it then.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg.errors import LockNotAvailable

from dihedral.kit import blob, sql
from dihedral.kit.blob import Keyring, Sealed, WrongKey
from dihedral.kit.db import Query, Row, Tx
from dihedral.kit.key import Key, NoKey

Q = sql.load(__package__, "keys.sql")
_SEALING = "sealing key"


class Busy(Exception):
    """Somebody has been sealing all the while; the same again may succeed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key that is or was. A master key's own times tell of content that it sealed itself."""

    key_id: str
    kind: str
    created_at: datetime
    retired_at: datetime | None
    ended_at: datetime | None


async def sealing(tx: Tx, ring: Keyring) -> Key:
    """What seals in this transaction; made if there is none. Raises WrongKey."""
    if (kept := tx.found.get(_SEALING)) is None:
        row = await tx.row(Q["seals"])
        assert row is not None
        if row["key_id"] is None:
            kept = await _first(tx, ring)
        else:
            if not ring.has(row["key_id"]) or row["ended"] != ring.ended:
                await _learn(tx, ring, row["ended"])
            kept = ring.find(row["key_id"])
        tx.found[_SEALING] = kept
    assert isinstance(kept, Key)
    return kept


async def learn(tx: Tx, ring: Keyring) -> None:
    """Every key that opens content now; none of them ends before this transaction does."""
    tx.found.pop(_SEALING, None)
    row = await tx.row(Q["seals"])
    assert row is not None
    await _learn(tx, ring, row["ended"])


async def rows(tx: Tx, ring: Keyring, query: Query, **args: object) -> list[Row]:
    """Rows whose column `sealed` can be opened: by keys that are here, or are learned now."""
    found = await tx.rows(query, **args)
    if all(ring.opens(row["sealed"]) for row in found):
        return found
    await learn(tx, ring)
    return await tx.rows(query, **args)  # what was sealed anew between the two is so now


async def genuine(tx: Tx, ring: Keyring, tag: bytes | None, over: bytes) -> bool:
    """Whether a seal was made over exactly this, with a key that has not ended."""
    if tag is None:
        return False
    if not ring.opens(tag):
        await learn(tx, ring)
    try:
        return blob.unseal(ring, tag, over) == b""
    except Sealed:
        return False


async def unlock(tx: Tx, given: str | None, path: Path) -> Keyring:
    """The keys of this database, by the master key: `given` in settings, or in the file `path`,
    made at the first start. When a master key that was to take another's place opens everything,
    what the other one sealed goes.

    Raises WrongKey for another key than the database was sealed with, NoKey if its file is gone.
    """
    await tx.rows(Q["alone"])
    known = [row["key_id"] for row in await tx.rows(Q["masters"])]
    if known and given is None and not path.exists():
        raise NoKey(
            f"the key file {path} is gone, and the database holds data sealed with key {known[-1]}:"
            " put the file back from your backup; without it the data cannot be read"
        )
    ring = Keyring.load(path) if given is None else Keyring.given(given)
    if known and ring.id not in known:
        raise blob.wrong_key(known[-1], ring.id)
    await sealing(tx, ring)
    await learn(tx, ring)
    if len(known) > 1 and ring.id == known[-1]:
        await tx.do(Q["prove"], master=ring.id)
        await tx.do(Q["drop_masters"], master=ring.id)
    return ring


async def renew(tx: Tx, ring: Keyring) -> Key | None:
    """A new key that seals from now on, all others retired; None while some that are retired still
    open content. Raises Busy."""
    await _alone(tx)
    if await leaving(tx):
        return None
    await tx.do(Q["retire"])
    return await _first(tx, ring)


async def leaving(tx: Tx) -> list[str]:
    """Keys that are retired, and have not ended."""
    return [row["key_id"] for row in await tx.rows(Q["leaving"])]


async def hold(tx: Tx) -> list[str]:
    """`leaving`, and nobody seals or learns keys until the transaction ends. Raises Busy."""
    await _alone(tx)
    return await leaving(tx)


async def end(tx: Tx, keys: list[str]) -> None:
    """Nobody can open these any more."""
    await tx.do(Q["unwrap"], keys=keys)
    await tx.do(Q["end"], keys=keys)


async def rewrap(tx: Tx, ring: Keyring, master: Key) -> None:
    """Every data key sealed by a further master key, the newest from now on. Raises Busy."""
    await _alone(tx)
    await learn(tx, ring)
    await tx.do(Q["note"], key_id=master.id)
    for row in await tx.rows(Q["open"]):
        if row["kind"] == "data" and row["master"] == ring.id:
            await _wrap(tx, ring.find(row["key_id"]), master)


async def masters(tx: Tx) -> list[str]:
    """The master keys that open the data keys, the newest last."""
    return [row["key_id"] for row in await tx.rows(Q["masters"])]


async def every(tx: Tx) -> list[Entry]:
    """Newest first."""
    return [Entry(**row) for row in await tx.rows(Q["all"])]


async def _learn(tx: Tx, ring: Keyring, ended: int) -> None:
    found = await tx.rows(Q["open"])
    wrapped = [row for row in found if row["kind"] == "data"]
    if wrapped and all(row["master"] != ring.id for row in wrapped):
        ring.reread()
    known = [
        Key(blob.unseal(_only(ring.master), row["sealed"], _bind(row["key_id"])))
        for row in wrapped
        if row["master"] == ring.id
    ]
    if len(known) < len({row["key_id"] for row in wrapped}):
        raise _stranger(wrapped[-1]["master"], ring.id)
    known += [ring.master for row in found if row["key_id"] == ring.id]
    ring.learn(known, ended)


async def _first(tx: Tx, ring: Keyring) -> Key:
    """A new key that seals, or the one that somebody else has just made."""
    made = Key.new()
    await tx.do(Q["note"], key_id=ring.id)
    if await tx.do(Q["add"], key_id=made.id):
        await _wrap(tx, made, ring.master)
    await learn(tx, ring)
    return await sealing(tx, ring)


async def _wrap(tx: Tx, data_key: Key, master: Key) -> None:
    sealed = blob.seal(master, data_key.raw, _bind(data_key.id))
    await tx.do(Q["wrap"], data_key=data_key.id, master=master.id, sealed=sealed)


async def _alone(tx: Tx) -> None:
    """Nobody seals any more; whoever has begun to is waited for, but not long, since all others
    wait behind us. Raises Busy."""
    await tx.rows(Q["patience"])
    try:
        await tx.rows(Q["nobody_seals"])
    except LockNotAvailable as cause:
        raise Busy("others have been sealing all the while") from cause


def _only(master: Key) -> Keyring:
    return Keyring(master.raw)


def _bind(data_key: str) -> bytes:
    return f"data key {data_key}".encode()


def _stranger(master: str, here: str) -> WrongKey:
    return WrongKey(
        f"the data keys are sealed with master key {master}, and this process has {here}: it was"
        " changed, so start this process again with the new one (its file or setting)"
    )

"""What signs tokens, and what was revoked, remembered."""

from collections.abc import Iterable
from datetime import datetime

from dihedral.domain.token import Alg, TokenKey
from dihedral.kit import blob, sql
from dihedral.kit import keys as sealing
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx, json

Q = sql.load(__package__, "tokens.sql")


async def keys(tx: Tx) -> list[TokenKey]:
    """Oldest first."""
    return [_key(row) for row in await tx.rows(Q["keys"])]


async def hold_keys(tx: Tx) -> list[TokenKey]:
    """The same; nobody else changes them until `tx` ends."""
    await tx.do(Q["hold_keys"])
    return await keys(tx)


async def private(tx: Tx, keyring: Keyring, key: str) -> bytes:
    """The private half of a key that is there, as it was given to `add`. Raises Sealed."""
    [row] = await sealing.rows(tx, keyring, Q["sealed"], id=key)
    return blob.unseal(keyring, row["sealed"], bind(key))


async def add(tx: Tx, keyring: Keyring, key: TokenKey, private: bytes, retires: datetime) -> None:
    """The key that follows; the one before it of its kind is published until `retires`."""
    await tx.do(Q["retire"], alg=key.alg, at=retires)
    await tx.do(
        Q["add_key"],
        id=key.id,
        alg=key.alg,
        public=json(dict(key.public)),
        sealed=blob.seal(await sealing.sealing(tx, keyring), private, bind(key.id)),
        created_at=key.created_at,
        signs_from=key.signs_from,
    )


async def withdraw(tx: Tx, alg: Alg) -> None:
    """All keys of the kind are gone, and what they signed is believed no more."""
    await tx.do(Q["withdraw"], alg=alg)


async def revoke(tx: Tx, what: str, since: datetime, until: datetime) -> None:
    await tx.do(Q["revoke"], what=what, since=since, until=until)


async def revoked(tx: Tx, names: Iterable[str], issued_at: datetime) -> bool:
    return await tx.row(Q["revoked"], names=list(names), issued_at=issued_at) is not None


async def forget(tx: Tx, now: datetime) -> None:
    """What nobody needs any more."""
    await tx.do(Q["forget_keys"], now=now)
    await tx.do(Q["forget_revoked"], now=now)


def bind(key: str) -> bytes:
    return f"token key {key}".encode()


def _key(row: Row) -> TokenKey:
    return TokenKey(**{**row, "alg": Alg(row["alg"])})

"""Large content in the database: sealed, and found by the SHA-256 of its plain text."""

import hashlib
from pathlib import Path

from dihedral.kit import sql
from dihedral.kit.blob import Damaged, Keyring, NoKey, seal, unseal, wrong_key
from dihedral.kit.db import Tx

Q = sql.load(__package__, "blobs.sql")


async def put(tx: Tx, ring: Keyring, data: bytes) -> str:
    """The digest to get it by. Content that is there already is not stored again."""
    digest = hashlib.sha256(data).hexdigest()
    if await tx.row(Q["has"], digest=digest) is None:
        sealed = seal(ring, data, digest.encode())
        await tx.do(Q["put"], digest=digest, size=len(data), sealed=sealed)
    return digest


async def get(tx: Tx, ring: Keyring, digest: str) -> bytes:
    """Exactly what was put. Raises KeyError if it never was, WrongKey, Damaged."""
    row = await tx.row(Q["get"], digest=digest)
    if row is None:
        raise KeyError(digest)
    data = unseal(ring, row["sealed"], digest.encode())
    if hashlib.sha256(data).hexdigest() != digest:
        raise Damaged(f"the content under {digest[:12]}… is not what was put there")
    return data


async def size(tx: Tx, digest: str) -> int:
    """Bytes of the plain content. Raises KeyError."""
    row = await tx.row(Q["size"], digest=digest)
    if row is None:
        raise KeyError(digest)
    return int(row["size"])


async def unlock(tx: Tx, given: str | None, path: Path) -> Keyring:
    """The key of this database: `given` in settings, or in the file `path`, made at first start.

    Raises WrongKey for another key than the database was sealed with, NoKey if its file is gone.
    """
    await tx.rows(Q["alone"])
    known = [row["key_id"] for row in await tx.rows(Q["keys"])]
    if known and given is None and not path.exists():
        raise NoKey(
            f"the key file {path} is gone, and the database holds data sealed with key {known[-1]}:"
            " put the file back from your backup; without it the data cannot be read"
        )
    ring = Keyring.load(path) if given is None else Keyring.given(given)
    if known and ring.id not in known:
        raise wrong_key(known[-1], ring.id)
    await tx.do(Q["note"], key_id=ring.id)
    return ring

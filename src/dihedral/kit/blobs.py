"""Large content in the database: sealed, and found by the SHA-256 of its plain text."""

import hashlib

from dihedral.kit import keys, sql
from dihedral.kit.blob import Damaged, Keyring, seal, unseal
from dihedral.kit.db import Tx

Q = sql.load(__package__, "blobs.sql")


async def put(tx: Tx, ring: Keyring, data: bytes) -> str:
    """The digest to get it by. Content that is there already is not stored again."""
    digest = hashlib.sha256(data).hexdigest()
    if await tx.row(Q["has"], digest=digest) is None:
        sealed = seal(await keys.sealing(tx, ring), data, digest.encode())
        await tx.do(Q["put"], digest=digest, size=len(data), sealed=sealed)
    return digest


async def get(tx: Tx, ring: Keyring, digest: str) -> bytes:
    """Exactly what was put. Raises KeyError if it never was, WrongKey, Damaged."""
    found = await keys.rows(tx, ring, Q["get"], digest=digest)
    if not found:
        raise KeyError(digest)
    data = unseal(ring, found[0]["sealed"], digest.encode())
    if hashlib.sha256(data).hexdigest() != digest:
        raise Damaged(f"the content under {digest[:12]}… is not what was put there")
    return data


async def size(tx: Tx, digest: str) -> int:
    """Bytes of the plain content. Raises KeyError."""
    row = await tx.row(Q["size"], digest=digest)
    if row is None:
        raise KeyError(digest)
    return int(row["size"])

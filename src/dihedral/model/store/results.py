"""Results of tools that were too long to be shown at once, kept whole for their conversation."""

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ConversationId, Digest
from dihedral.kit import blobs, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Tx

Q = sql.load(__package__, "results.sql")


async def keep(tx: Tx, ring: Keyring, conversation: ConversationId, text: str) -> Digest:
    """What the cut result points to."""
    digest = Digest(await blobs.put(tx, ring, text.encode()))
    await tx.do(Q["keep"], conversation=conversation, digest=digest)
    return digest


async def find(tx: Tx, ring: Keyring, conversation: ConversationId, digest: str) -> str:
    """Raises NotFound, also for a result of another conversation."""
    if await tx.row(Q["find"], conversation=conversation, digest=digest) is None:
        raise NotFound("result", digest[:64])
    return (await blobs.get(tx, ring, digest)).decode()

"""What an agent is saying right now, in sealed pieces, for whoever listens."""

from dataclasses import dataclass

from dihedral.domain.ids import ConversationId
from dihedral.kit import blob, keys, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Tx

Q = sql.load(__package__, "pieces.sql")


@dataclass(frozen=True, slots=True)
class Piece:
    """`kind` is text, thought, tool (the name of one that is called), or again: what came before
    is void, since another try has begun."""

    seq: int
    kind: str
    text: str


async def add(tx: Tx, ring: Keyring, conversation: ConversationId, kind: str, text: str) -> None:
    sealed = blob.seal(await keys.sealing(tx, ring), text.encode(), bind(conversation))
    await tx.do(Q["add"], conversation=conversation, kind=kind, sealed=sealed)


async def since(tx: Tx, ring: Keyring, conversation: ConversationId, after: int = 0) -> list[Piece]:
    rows = await keys.rows(tx, ring, Q["since"], conversation=conversation, after=after)
    bound = bind(conversation)
    return [
        Piece(row["seq"], row["kind"], blob.unseal(ring, row["sealed"], bound).decode())
        for row in rows
    ]


async def clear(tx: Tx, conversation: ConversationId) -> None:
    await tx.do(Q["clear"], conversation=conversation)


def bind(conversation: ConversationId) -> bytes:
    return f"piece:{conversation}".encode()

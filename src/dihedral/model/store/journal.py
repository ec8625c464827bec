"""The journal of a turn: what it wanted, in order, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dihedral.domain.ids import Digest, TurnId
from dihedral.domain.testimony import Entry
from dihedral.kit import blob, blobs, keys, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Tx, json

Q = sql.load(__package__, "journal.sql")
ASK, USE = "ask", "use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """`tool` is empty where the model was asked."""

    turn: TurnId
    seq: int
    tool: str = ""

    @property
    def key(self) -> str:
        """Names it for ever."""
        return f"{self.turn}:{self.seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a want, which is content of its own (`digest`)."""

    content: bytes
    digest: Digest
    failed: bool = False
    numbers: Mapping[str, Any]


async def begin(tx: Tx, want: Want, at: datetime) -> None:
    kind = USE if want.tool else ASK
    await tx.do(Q["begin"], turn=want.turn, seq=want.seq, kind=kind, tool=want.tool, at=at)


async def done(
    tx: Tx, ring: Keyring, want: Want, content: bytes, at: datetime, **how: Any
) -> Digest:
    """`how` is `failed` and numbers of it."""
    digest = Digest(await blobs.put(tx, ring, content))
    failed = how.pop("failed", False)
    which = {"turn": want.turn, "seq": want.seq}
    await tx.do(Q["done"], **which, at=at, result=digest, failed=failed, numbers=json(how))
    return digest


async def kept(tx: Tx, ring: Keyring, turn: TurnId) -> dict[int, Done]:
    """All that is done, by its number."""
    return {
        row["seq"]: Done(
            content=blob.unseal(ring, row["sealed"], row["result"].encode()),
            digest=Digest(row["result"]),
            failed=row["failed"],
            numbers=row["numbers"],
        )
        for row in await keys.rows(tx, ring, Q["kept"], turn=turn)
    }


async def told(tx: Tx, turn: TurnId) -> list[Entry]:
    """Without what came of each."""
    return [Entry(**row) for row in await tx.rows(Q["told"], turn=turn)]

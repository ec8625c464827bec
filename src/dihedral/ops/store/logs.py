"""A run's log, kept in sealed pieces while it grows. A piece is some whole lines."""

from dataclasses import dataclass

from dihedral.domain.ids import RunId
from dihedral.kit import blob, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Tx

Q = sql.load(__package__, "logs.sql")


@dataclass(frozen=True, slots=True)
class Piece:
    seq: int
    phase: str
    text: str


async def add(tx: Tx, keyring: Keyring, run: RunId, phase: str, text: str) -> None:
    await tx.do(
        Q["add"], run=run, phase=phase, sealed=blob.seal(keyring, text.encode(), _bind(run))
    )


async def since(tx: Tx, keyring: Keyring, run: RunId, after: int = 0) -> list[Piece]:
    return [
        Piece(row["seq"], row["phase"], blob.unseal(keyring, row["sealed"], _bind(run)).decode())
        for row in await tx.rows(Q["since"], run=run, after=after)
    ]


def _bind(run: RunId) -> bytes:
    return f"log:{run}".encode()

"""A run's log, kept in sealed pieces while it grows. A piece is some whole lines."""

from dataclasses import dataclass

from dihedral.domain.ids import RunId
from dihedral.kit import blob, keys, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Tx

Q = sql.load(__package__, "logs.sql")


@dataclass(frozen=True, slots=True)
class Piece:
    seq: int
    phase: str
    text: str


async def add(tx: Tx, keyring: Keyring, run: RunId, phase: str, text: str) -> None:
    sealed = blob.seal(await keys.sealing(tx, keyring), text.encode(), bind(run))
    await tx.do(Q["add"], run=run, phase=phase, sealed=sealed)


async def since(tx: Tx, keyring: Keyring, run: RunId, after: int = 0) -> list[Piece]:
    return [
        Piece(row["seq"], row["phase"], blob.unseal(keyring, row["sealed"], bind(run)).decode())
        for row in await keys.rows(tx, keyring, Q["since"], run=run, after=after)
    ]


def bind(run: RunId) -> bytes:
    return f"log:{run}".encode()

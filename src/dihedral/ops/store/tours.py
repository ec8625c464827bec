"""Tours, remembered: one a person."""

from datetime import datetime

from dihedral.domain.ids import ActorId, RunId
from dihedral.domain.tour import Tour
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "tours.sql")


async def find(tx: Tx, person: ActorId) -> Tour | None:
    """None where it never began."""
    row = await tx.row(Q["find"], person=person)
    return Tour(**row) if row else None


async def begin(tx: Tx, person: ActorId, at: datetime) -> None:
    await tx.do(Q["begin"], person=person, at=at)


async def read(tx: Tx, person: ActorId, run: RunId) -> None:
    await tx.do(Q["read"], person=person, run=run)


async def end(tx: Tx, person: ActorId, at: datetime) -> None:
    await tx.do(Q["end"], person=person, at=at)

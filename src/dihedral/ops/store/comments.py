"""Comments on runs, remembered."""

from dataclasses import asdict

from dihedral.domain.comment import Comment
from dihedral.domain.ids import RunId
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "comments.sql")


async def add(tx: Tx, comment: Comment) -> None:
    await tx.do(Q["add"], **asdict(comment))


async def of_run(tx: Tx, run: RunId) -> list[Comment]:
    """The oldest first."""
    return [Comment(**row) for row in await tx.rows(Q["of_run"], run=run)]

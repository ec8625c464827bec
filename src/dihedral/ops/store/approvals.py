"""Approvals, remembered: who said yes to what, and when it was used."""

from datetime import datetime

from dihedral.domain.approval import Approval, How
from dihedral.domain.ids import RunId
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "approvals.sql")


async def add(tx: Tx, approval: Approval) -> bool:
    """Whether it is new; a person's second yes to the same run counts once."""
    return bool(
        await tx.do(
            Q["add"],
            id=approval.id,
            run=approval.run,
            workspace=approval.workspace,
            effect=approval.effect,
            base_state=approval.base_state,
            approver=approval.approver,
            how=approval.how,
            comment=approval.comment,
            seal=approval.seal,
            at=approval.at,
        )
    )


async def of_run(tx: Tx, run: RunId) -> list[Approval]:
    rows = await tx.rows(Q["of_run"], run=run)
    return [Approval(**{**row, "how": How(row["how"])}) for row in rows]


async def use(tx: Tx, run: RunId, at: datetime) -> None:
    await tx.do(Q["use"], run=run, at=at)

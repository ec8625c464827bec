"""Approvals, remembered: who said yes to what, when it was used, or why it holds no longer."""

from collections.abc import Sequence
from datetime import datetime

from dihedral.domain.approval import Approval, Ending, How
from dihedral.domain.ids import ApprovalId, RunId
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

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
            configuration=approval.configuration,
            inputs=approval.inputs,
            approver=approval.approver,
            how=approval.how,
            comment=approval.comment,
            channel=approval.channel,
            overrides=list(approval.overrides),
            asked_at=approval.asked_at,
            expires_at=approval.expires_at,
            carried_from=approval.carried_from,
            seal=approval.seal,
            at=approval.at,
        )
    )


async def of_run(tx: Tx, run: RunId) -> list[Approval]:
    """All of them, also those that ended; `domain.approval.live` leaves these out."""
    return [_approval(row) for row in await tx.rows(Q["of_run"], run=run)]


async def counts(tx: Tx, runs: Sequence[RunId]) -> dict[RunId, int]:
    """How many hold of each; without those that have none."""
    return {row["run"]: row["count"] for row in await tx.rows(Q["counts"], runs=list(runs))}


async def use(tx: Tx, run: RunId, at: datetime) -> None:
    await tx.do(Q["use"], run=run, at=at)


async def end(tx: Tx, approval: ApprovalId, how: Ending, why: str, at: datetime) -> bool:
    """Whether it held until now."""
    return bool(await tx.do(Q["end"], id=approval, ended_as=how, why=why, at=at))


def _approval(row: Row) -> Approval:
    ended = Ending(row["ended_as"]) if row["ended_as"] else None
    read = {"how": How(row["how"]), "overrides": tuple(row["overrides"]), "ended_as": ended}
    return Approval(**{**row, **read})

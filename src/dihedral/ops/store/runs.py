"""Runs, remembered: a row in `run`, and a row in `run_fact` for each thing that happened to it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, OrganizationId, RunId, WorkspaceId
from dihedral.domain.run import Fact, Run, Status
from dihedral.domain.verdict import Finding, Ruling, Verdict
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "runs.sql")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a run's history."""

    seq: int
    fact: Fact
    actor: ActorId
    note: str
    at: datetime


async def add(tx: Tx, run: Run, key: str = "") -> None:
    """`key` is that of its proposal, where that had one."""
    await tx.do(
        Q["add"],
        id=run.id,
        workspace=run.workspace,
        proposer=run.proposer,
        configuration=run.configuration,
        status=run.status,
        message=run.message,
        source=run.source,
        plan_only=run.plan_only,
        destroy=run.destroy,
        refresh_only=run.refresh_only,
        request=run.request,
        origin=json.dumps(run.origin),
        on_behalf_of=run.on_behalf_of,
        replans=run.replans,
        base=run.base,
        created_at=run.created_at,
        key=key or None,
    )


async def by_key(tx: Tx, key: str) -> Run | None:
    """The run of the proposal that had this key."""
    row = await tx.row(Q["by_key"], key=key)
    return None if row is None else _run(row)


async def of_turns(tx: Tx, turns: Collection[str]) -> list[tuple[str, RunId]]:
    """What these turns of agents proposed, oldest first; not what they only planned."""
    rows = await tx.rows(Q["of_turns"], turns=list(turns))
    return [(row["turn"], RunId(row["id"])) for row in rows]


async def outcomes(
    tx: Tx,
    organization: OrganizationId,
    sight: Sequence[WorkspaceId] | None,
    proposer: ActorId,
) -> Mapping[tuple[Status, Fact | None], int]:
    """How many of a proposer's runs are in each status, and what ended those that are over; not
    what was only to be read."""
    seen = None if sight is None else list(sight)
    which = {"organization": organization, "sight": seen, "proposer": proposer}
    return {
        (Status(row["status"]), Fact(row["ended"]) if row["ended"] else None): row["runs"]
        for row in await tx.rows(Q["outcomes"], **which)
    }


async def find(tx: Tx, run: RunId) -> Run:
    """Raises NotFound."""
    return _one(await tx.row(Q["find"], run=run), run)


async def lock(tx: Tx, run: RunId) -> Run:
    """The run, held until `tx` ends, so that two movers queue up. Raises NotFound."""
    return _one(await tx.row(Q["lock"], run=run), run)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a list is narrowed to; None is any."""

    status: Status | None = None
    proposer: ActorId | None = None


ALL = Sought()


async def page(
    tx: Tx,
    organization: OrganizationId,
    sight: Sequence[WorkspaceId] | None = None,
    sought: Sought = ALL,
    before: RunId | None = None,
    size: int = 50,
) -> list[Run]:
    """Newest first, of the workspaces in `sight`, or of all; `before` is the last run of the page
    before this one."""
    seen = {"organization": organization, "sight": None if sight is None else list(sight)}
    which = {"status": sought.status, "proposer": sought.proposer, "before": before}
    rows = await tx.rows(Q["page"], **seen, **which, size=size)
    return [_run(row) for row in rows]


async def record(tx: Tx, moved: Run, fact: Fact, by: ActorId, at: datetime, note: str = "") -> None:
    """Keep a move and its cause together."""
    await save(tx, moved)
    await tx.do(Q["tell"], run=moved.id, fact=fact, actor=by, note=note, at=at)


async def save(tx: Tx, run: Run) -> None:
    """What the run has gathered; for a move use `record`, so that its cause is kept too."""
    await tx.do(
        Q["save"],
        id=run.id,
        status=run.status,
        lease=run.lease,
        reason=run.reason,
        plan_file=run.plan_file,
        plan_json=run.plan_json,
        lock_file=run.lock_file,
        effect=run.effect,
        base_state=run.base_state,
        tool=run.tool,
        evidence=run.evidence,
        approvers=run.approvers,
        seal=run.seal,
        inputs=run.inputs,
        waiting_since=run.waiting_since,
        expires_at=run.expires_at,
        ended=run.ended,
        summary=json.dumps(run.summary),
        speed=json.dumps(run.speed),
        numbers=json.dumps(run.numbers),
    )


async def history(tx: Tx, run: RunId) -> list[Told]:
    return [
        Told(r["seq"], Fact(r["fact"]), ActorId(r["actor"]), r["note"], r["at"])
        for r in await tx.rows(Q["history"], run=run)
    ]


async def at_work(tx: Tx, workspace: WorkspaceId) -> bool:
    """Whether a run plans or applies in the workspace."""
    return await tx.row(Q["at_work"], workspace=workspace) is not None


async def unfinished(tx: Tx) -> list[tuple[RunId, WorkspaceId]]:
    """Runs that a worker should be busy with; those that wait for a person are not among them."""
    return [(RunId(r["id"]), WorkspaceId(r["workspace"])) for r in await tx.rows(Q["unfinished"])]


async def waiting(
    tx: Tx,
    organization: OrganizationId,
    sight: Sequence[WorkspaceId] | None = None,
    after: RunId | None = None,
    size: int = 50,
) -> list[Run]:
    """Those that wait for a person, the longest first; `after` is the last of the page before."""
    seen = {"organization": organization, "sight": None if sight is None else list(sight)}
    rows = await tx.rows(Q["waiting"], **seen, after=after, size=size)
    return [_run(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose answer is waited for: of whom, where they may approve (None is everywhere), and whether
    they answer what they proposed themselves."""

    person: Actor
    sight: Sequence[WorkspaceId] | None
    own: bool

    def terms(self) -> dict[str, Any]:
        sight = None if self.sight is None else list(self.sight)
        who = {"organization": self.person.organization, "person": self.person.id}
        return {**who, "sight": sight, "own": self.own}


async def asked(tx: Tx, asked: Asked, now: datetime, most: int) -> int:
    """How many runs wait for one person's answer, up to `most`."""
    row = await tx.row(Q["asked"], **asked.terms(), now=now, most=most)
    assert row is not None
    return int(row["runs"])


async def asked_page(
    tx: Tx, asked: Asked, now: datetime, after: RunId | None, size: int
) -> list[Run]:
    """Those runs, the longest first; `after` is the last of the page before."""
    given = {**asked.terms(), "now": now, "after": after, "most": size}
    return [_run(row) for row in await tx.rows(Q["asked_page"], **given)]


async def overdue(tx: Tx, now: datetime) -> list[RunId]:
    """Runs whose time is over, or that of an approval of theirs."""
    return [RunId(row["id"]) for row in await tx.rows(Q["overdue"], now=now)]


async def wanted(tx: Tx, run: RunId, lease: str | None) -> bool:
    """Whether a worker that holds `lease` should go on: nobody stopped it, or took the run over."""
    row = await tx.row(Q["wanted"], run=run, lease=lease)
    return row is not None and bool(row["wanted"])


@dataclass(frozen=True, slots=True)
class Applied:
    """What was applied last somewhere, by which run; no configuration where all was destroyed."""

    run: RunId | None = None
    configuration: Digest | None = None


async def current(tx: Tx, workspace: WorkspaceId) -> Applied:
    """Nothing at all where nothing was."""
    row = await tx.row(Q["current"], workspace=workspace)
    if row is None:
        return Applied()
    return Applied(RunId(row["id"]), None if row["destroy"] else Digest(row["configuration"]))


async def renew(tx: Tx, run: Run, at: datetime) -> None:
    """Other files, and what they begin from; those that the run had are kept."""
    await tx.do(Q["keep_version"], run=run.id, at=at)
    await tx.do(Q["renew"], run=run.id, configuration=run.configuration, base=run.base)


async def proposals(tx: Tx, workspace: WorkspaceId) -> list[Row]:
    """Of those that were planned: who, why, what, and when each was applied."""
    return await tx.rows(Q["proposals"], workspace=workspace)


async def versions(tx: Tx, workspace: WorkspaceId) -> list[Row]:
    """The files that each of them had before, oldest first, and until when."""
    return await tx.rows(Q["versions"], workspace=workspace)


async def judge(tx: Tx, run: RunId, verdicts: Sequence[Verdict]) -> None:
    """What the gates said, in place of what they said before."""
    await tx.do(Q["forget_verdicts"], run=run)
    for verdict in verdicts:
        await hear(tx, run, verdict)


async def hear(tx: Tx, run: RunId, verdict: Verdict) -> None:
    """One more gate, beside those that have spoken."""
    await tx.do(
        Q["judge"],
        run=run,
        gate=verdict.gate,
        ruling=verdict.ruling,
        reason=verdict.reason,
        findings=json.dumps([asdict(f) for f in verdict.findings]),
        approvers=verdict.approvers,
    )


async def verdicts(tx: Tx, run: RunId) -> list[Verdict]:
    return [
        Verdict(
            Ruling(r["ruling"]),
            r["gate"],
            r["reason"],
            tuple(Finding(**finding) for finding in r["findings"]),
            r["approvers"],
        )
        for r in await tx.rows(Q["verdicts"], run=run)
    ]


def _one(row: Row | None, name: RunId) -> Run:
    if row is None:
        raise NotFound("run", name)
    return _run(row)


def _run(row: Row) -> Run:
    ended = Fact(row["ended"]) if row["ended"] else None
    fields: dict[str, Any] = {**row, "status": Status(row["status"]), "ended": ended}
    return Run(**fields)

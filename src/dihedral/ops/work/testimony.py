"""The evidence of a conversation: what the model plane tells of it, with what this plane knows of
its runs, its money and its records; signed as that of a run is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal

import anyio.to_thread

from dihedral.domain.actor import Actor, agent_id
from dihedral.domain.audit import Link
from dihedral.domain.errors import Forbidden, NotFound
from dihedral.domain.ids import RunId, WorkspaceId
from dihedral.domain.right import Action
from dihedral.domain.testimony import Testimony
from dihedral.kit import dsse
from dihedral.kit.db import Tx
from dihedral.ops.rules import redact, testimony
from dihedral.ops.rules.testimony import Account, Led, Paid
from dihedral.ops.store import audit, ledger, runs, workspaces
from dihedral.ops.store.ledger import Entered, Status
from dihedral.ops.work import hush, permitted
from dihedral.ops.work.plane import Ops


async def sign(ops: Ops, actor: Actor, told: Testimony) -> bytes:
    """The signed bundle of what somebody may read. His are the runs that he may read, too."""
    async with ops.db.tx() as tx:
        proposed = {run: turn for turn, run in await runs.of_turns(tx, [t.id for t in told.turns])}
        every = list(dict.fromkeys([*proposed, *(run for t in told.turns for run in t.runs)]))
        led = [one for run in every if (one := await _led(tx, actor, run, proposed))]
        names = [talk.conversation.id for talk in told.talks]
        paid = await ledger.of_conversations(tx, told.conversation.organization, names)
        account = Account(
            told=told,
            reader=actor.id,
            at=ops.now(),
            runs=led,
            unseen=len(every) - len(led),
            paid=[_paid(one) for one in paid],
            records=await _records(tx, told, led),
            head=(await audit.kept(tx)).head,
            public=ops.signer.public,
            clear=_all(await _clearings(ops, tx, told, every)),
        )
    story = await anyio.to_thread.run_sync(testimony.compose, account)
    return dsse.sign(ops.signer, story, testimony.TYPE)


async def _led(tx: Tx, actor: Actor, run: RunId, proposed: Mapping[RunId, str]) -> Led | None:
    """What an agent's call proposed is told by its key; what the reflex did, by its origin."""
    try:
        found = await permitted.run(tx, actor, run, Action.RUN_READ)
    except (Forbidden, NotFound):
        return None
    turn = proposed.get(run) or str(found.origin.get("turn") or "") or None
    return Led(run=found, workspace=await workspaces.find(tx, found.workspace), turn=turn)


def _paid(one: Entered) -> Paid:
    """What was released cost nothing; where nobody told the end, the worst counts."""
    made, usage = one.reservation, one.usage
    ends = {Status.SETTLED: made.money, Status.RELEASED: Decimal(0)}
    counts = ends.get(made.status, made.worst)
    line = {**asdict(made), **asdict(usage), "ended_at": one.ended_at, "counts": counts}
    return Paid(line=line, counts=counts, tokens=usage.tokens)


async def _records(tx: Tx, told: Testimony, led: Iterable[Led]) -> list[tuple[Link, str]]:
    """Of the conversations, of its agents at work, of its runs and requests; and what its agents
    were denied meanwhile."""
    targets = {talk.conversation.id for talk in told.talks}
    instances = {turn.instance for turn in told.turns if turn.instance}
    asked = {str(one.run.origin.get("request") or one.run.request or "") for one in led}
    every = {*targets, *instances, *(one.run.id for one in led), *filter(None, asked)}
    agents = {agent_id(turn.agent) for turn in told.turns}
    return await audit.touching(tx, told.conversation.organization, every, agents)


async def _clearings(
    ops: Ops, tx: Tx, told: Testimony, every: Iterable[RunId]
) -> list[Callable[[str], str]]:
    """What takes secrets out: of the workspaces that it is about, and of all plans that it led to,
    also of those that its reader may not read."""
    found, seen = [], set[WorkspaceId]()
    for run in every:
        try:
            held = await runs.find(tx, run)
        except NotFound:
            continue
        variables = await workspaces.variables(tx, ops.keyring, held.workspace)
        found.append(await hush.clearing(ops, tx, held, variables))
        seen.add(held.workspace)
    about = {talk.conversation.workspace for talk in told.talks if talk.conversation.workspace}
    for where in about - seen:
        variables = await workspaces.variables(tx, ops.keyring, where)
        found.append(redact.before_plan(variables))
    return found or [redact.before_plan(())]


def _all(clearings: Iterable[Callable[[str], str]]) -> Callable[[str], str]:
    def clear(text: str) -> str:
        for one in clearings:
            text = one(text)
        return text

    return clear

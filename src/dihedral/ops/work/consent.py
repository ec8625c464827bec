"""People's yes over time: given, carried to a plan that would do the same, over when unused.

Whoever calls has the run locked, so of two things that happen at once one is second, and sees it.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from dihedral.domain.actor import SYSTEM
from dihedral.domain.approval import Approval, Ending, How, lapsed, live, misfit, seats
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ActorId, ApprovalId, Digest, RunId
from dihedral.domain.run import Fact, Run, Status, may, move
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.domain.workspace import Category, Workspace
from dihedral.kit import blob, keys
from dihedral.kit.db import Tx
from dihedral.ops.rules import seal, terms
from dihedral.ops.store import approvals, runs, workspaces
from dihedral.ops.work import chronicle, lending
from dihedral.ops.work.lending import Lent
from dihedral.ops.work.plane import Ops

CARRIED = "it would do what was approved before"
TORN = "torn."
"""Begins what stands for variables that changed while they were planned with."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says yes, in what right, and through what: cli, api, web …"""

    approver: ActorId
    how: How
    comment: str = ""
    channel: str = ""


async def give(ops: Ops, tx: Tx, run: Run, voice: Voice) -> bool:
    """Whether it is a new yes to what the run would do."""
    now = ops.now()
    assert run.effect is not None
    made = Approval(
        id=ApprovalId(ops.mint("apv")),
        run=run.id,
        workspace=run.workspace,
        effect=run.effect,
        base_state=run.base_state,
        configuration=run.configuration,
        inputs=run.inputs,
        approver=voice.approver,
        how=voice.how,
        at=now,
        comment=voice.comment,
        channel=voice.channel,
        overrides=_asking(await runs.verdicts(tx, run.id)),
        asked_at=run.waiting_since,
        expires_at=now + await _expiry(ops, tx, run),
    )
    return await _add(ops, tx, made)


async def judged(ops: Ops, tx: Tx, moved: Run, fact: Fact) -> Run:
    """What the gates decided, told, with the approvals that earlier plans of the same run got:
    those that fit go on, and may be all that it needs; the others end, each with a reason.
    """
    if fact is Fact.HELD:
        now = ops.now()
        began, ends = moved.waiting_since or now, now + await _expiry(ops, tx, moved)
        moved = replace(moved, waiting_since=began, expires_at=ends)
    await _carry(ops, tx, moved)
    if fact is Fact.CLEARED:
        await give(ops, tx, moved, Voice(SYSTEM.id, How.POLICY, moved.reason))
    told = await chronicle.tell(ops, tx, moved, fact, SYSTEM, moved.reason)
    given = seats(await approvals.of_run(tx, moved.id), moved, ops.now())
    if fact is Fact.HELD and len(given) >= moved.approvers:
        told = move(told, Fact.APPROVED)
        await chronicle.tell(ops, tx, told, Fact.APPROVED, SYSTEM, CARRIED)
    return told


async def settle(ops: Ops, tx: Tx, held: Run) -> Run:
    """The run once everything whose time is over has been said to be over."""
    if not may(held, Fact.EXPIRED):
        return held
    now = ops.now()
    given = live(await approvals.of_run(tx, held.id))
    gone = [a for a in given if lapsed(a, now)]
    for approval in gone:
        await approvals.end(tx, approval.id, Ending.EXPIRED, "it was not used in time", now)
    waiting = held.status is Status.POLICY_CHECKED
    if waiting and (held.expires_at is None or held.expires_at > now):
        return held
    if not waiting and not gone:
        return held
    why = (
        "expired: nobody decided it in time"
        if waiting
        else f"expired: the approval of {gone[0].approver} was not used in time"
    )
    moved = replace(move(held, Fact.EXPIRED), reason=why)
    return await chronicle.tell(ops, tx, moved, Fact.EXPIRED, SYSTEM, why)


async def sweep(ops: Ops) -> None:
    """Ends what has waited too long. Twice at once is harmless."""
    async with ops.db.tx() as tx:
        late = await runs.overdue(tx, ops.now())
    for run in late:
        async with ops.db.tx() as tx:
            await settle(ops, tx, await runs.lock(tx, run))


async def void(ops: Ops, tx: Tx, run: Run, why: str) -> None:
    """None of its approvals holds any longer."""
    for approval in live(await approvals.of_run(tx, run.id)):
        await approvals.end(tx, approval.id, Ending.VOID, why, ops.now())


async def inputs(
    ops: Ops,
    tx: Tx,
    workspace: Workspace,
    lent: Lent | None = None,
    *,
    like: Digest | None = None,
) -> Digest:
    """What planning is given beside the files: the variables, where, with what and as whom it is
    run, and what it may read of other workspaces (`lent`, else as it is now). It can be compared
    with `like`, an earlier one, and else is made with the key that seals now.

    Sensitive variables of the environment are left out: they are credentials, and these change
    every hour. It is keyed, since a short secret could be guessed from a bare digest.
    """
    variables = [
        [v.category, v.key, v.hcl, v.value]
        for v in await workspaces.variables(tx, ops.keyring, workspace.id)
        if not (v.category is Category.ENV and v.sensitive)
    ]
    settings: list[object] = [workspace.simulated, workspace.working_directory]
    settings += [workspace.tool, workspace.tool_version]
    try:
        identity = terms.read(workspace.terms, ops.terms).identity
        lent = await lending.lent(ops, tx, workspace) if lent is None else lent
    except Invalid:  # what nobody can read ends the run elsewhere, with the reason
        settings.append(workspace.terms)
        identity, lent = {}, {}
    settings += [identity] if identity and not workspace.simulated else []
    said: list[object] = ["inputs", workspace.id, settings, sorted(variables)]
    if lent:
        said.append({name: text and text.decode() for name, text in sorted(lent.items())})
    body = msgspec.json.encode(said)
    return await keyed(ops, tx, body, like)


async def fits(ops: Ops, tx: Tx, run: RunId, workspace: Workspace, lent: Lent) -> bool:
    """Whether the run, which nobody holds, was planned with these. Its digest is read while no key
    can end: a rotation may just have made it anew."""
    await keys.sealing(tx, ops.keyring)
    planned = (await runs.find(tx, run)).inputs
    return await inputs(ops, tx, workspace, lent, like=planned) == planned


async def keyed(ops: Ops, tx: Tx, body: bytes, like: Digest | None = None) -> Digest:
    """A digest that names its key. One of before data keys names none: it is the master key's."""
    if like and not (named := _key_of(like)):
        return Digest(hmac.digest(ops.keyring.master.raw, body, "sha256").hex())
    if like and not ops.keyring.has(named):
        await keys.learn(tx, ops.keyring)
    known = like and ops.keyring.has(named)
    key = ops.keyring.find(named) if known else await keys.sealing(tx, ops.keyring)
    return Digest(f"{key.id}.{key.mac(body)}")


async def renewed(
    ops: Ops, tx: Tx, workspace: Workspace, old: Digest | None, like: Digest | None = None
) -> Digest | None:
    """`old` as the key of `like` makes it (or the one that seals now), if the variables are still
    those that it was made of; else one of `old` itself, which is no variables'."""
    if old is None or old.startswith(TORN) or (like and _key_of(like) == _key_of(old)):
        return old
    if await inputs(ops, tx, workspace, like=old) == old:
        return await inputs(ops, tx, workspace, like=like)
    return await keyed(ops, tx, old.encode(), like)


async def _expiry(ops: Ops, tx: Tx, run: Run) -> timedelta:
    """How long a run waits, and how long a yes holds."""
    workspace = await workspaces.find(tx, run.workspace)
    return terms.read(workspace.terms, ops.terms).limits.expiry


async def _carry(ops: Ops, tx: Tx, run: Run) -> None:
    asking = set(_asking(await runs.verdicts(tx, run.id)))
    sources = filter(None, (run.replans, run.id))
    given = [a for source in sources for a in live(await approvals.of_run(tx, source))]
    for old in given:
        if old.used_at is not None:
            continue
        how, why = await _future(ops, tx, old, run, asking)
        ended = await approvals.end(tx, old.id, how, why, ops.now())
        if ended and how is Ending.CARRIED:
            again = ApprovalId(ops.mint("apv"))
            kept = replace(old, id=again, run=run.id, inputs=run.inputs, carried_from=old.id)
            await _add(ops, tx, replace(kept, how=How.CARRIED))


async def _future(
    ops: Ops, tx: Tx, old: Approval, run: Run, asking: set[str]
) -> tuple[Ending, str]:
    """How an approval of an earlier plan ends: it goes on only where nothing at all is new."""
    if lapsed(old, ops.now()):
        return Ending.EXPIRED, "it was not used in time"
    if not await keys.genuine(tx, ops.keyring, old.seal, seal.of_approval(old)):
        return Ending.VOID, "it is not as it was given"
    if run.status is not Status.POLICY_CHECKED or old.how is How.POLICY:
        return Ending.VOID, "nobody is asked any more"
    space = await workspaces.find(tx, old.workspace)
    given = replace(old, inputs=await renewed(ops, tx, space, old.inputs, run.inputs))
    if why := misfit(given, run):
        return Ending.VOID, why
    if new := sorted(asking - set(old.overrides)):
        return Ending.VOID, f"{', '.join(new)} asks now, and did not before"
    return Ending.CARRIED, f"it goes on for the plan made again in {run.id}"


async def _add(ops: Ops, tx: Tx, bare: Approval) -> bool:
    key = await keys.sealing(tx, ops.keyring)
    sealed = blob.seal(key, b"", seal.of_approval(bare))
    return await approvals.add(tx, replace(bare, seal=sealed))


def _key_of(digest: Digest) -> str:
    """The id of the key that made it; empty where it names none."""
    named, point, _ = digest.partition(".")
    return named if point else ""


def _asking(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(sorted({v.gate for v in verdicts if v.ruling is Ruling.ASK}))

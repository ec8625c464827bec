"""Tools for a conversation's own files: written, tried, mended, proposed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dihedral.domain.brief import Brief, Premises
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ports import Proposal
from dihedral.model.rules import findings, overlay
from dihedral.model.store import drafts
from dihedral.model.store.drafts import Draft, Of, Try, Trying, Written
from dihedral.model.work.tools import pages, workspaces
from dihedral.model.work.tools.context import Context, Parts

Workspace = Annotated[
    str, Meta(max_length=90, description="Name of the workspace. Leave out: the conversation's.")
]


class File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    path: Annotated[str, Meta(max_length=400, description="For example main.tf")]
    content: Annotated[str, Meta(max_length=100_000, description="The whole text of the file")]


class Write(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    files: Annotated[tuple[File, ...], Meta(max_length=overlay.FILES)] = ()
    delete: Annotated[
        tuple[str, ...], Meta(max_length=overlay.FILES, description="Paths of files to remove")
    ] = ()
    workspace: Workspace = ""
    anew: Annotated[
        bool, Meta(description="Forget this conversation's draft; begin from what is applied now")
    ] = False


class Which(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Workspace = ""


class Look(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Workspace = ""
    path: Annotated[str, Meta(max_length=400, description="One file's; leave out: a list")] = ""
    start: pages.Start = 0


class Propose(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            description="What it does and why, in a sentence or two, for the person who approves",
        ),
    ]
    workspace: Workspace = ""


async def write(parts: Parts, context: Context, asked: Write) -> str:
    """Raises Invalid, NotFound, Forbidden, Conflict."""
    if not asked.files and not asked.delete and not asked.anew:
        raise Invalid("there is nothing to write: give files, each with path and content")
    for file in asked.files:
        overlay.demand_path(file.path)
        overlay.demand_text(file.path, file.content)
    where = await workspaces.chosen(parts, context, asked.workspace)
    changes: dict[str, bytes | None] = dict.fromkeys(asked.delete)
    changes |= {file.path: file.content.encode() for file in asked.files}
    return await add(parts, context, where, changes, anew=asked.anew)


async def begun(parts: Parts, context: Context, where: Premises) -> Mapping[str, bytes]:
    """The configuration as the draft has it now; as it is applied, where there is none."""
    async with parts.thinking.db.tx() as tx:
        last = await drafts.newest(tx, parts.keyring, Of(context.conversation, where.id))
    now = await parts.thinking.desk.files(context.actor, where.id)
    return overlay.rebase(last.base, last.files, now) if last else now


async def add(
    parts: Parts,
    context: Context,
    where: Premises,
    changes: Mapping[str, bytes | None],
    *,
    anew: bool = False,
) -> str:
    """One more version of the draft; None removes a file. Raises Invalid, Conflict."""
    now = await parts.thinking.desk.files(context.actor, where.id)
    of = Of(context.conversation, where.id)
    async with parts.thinking.db.tx() as tx:
        await drafts.hold(tx, of)
        if done := await drafts.by_key(tx, parts.keyring, context.key):
            return _written(where, done)
        last = await drafts.newest(tx, parts.keyring, of)
        old = overlay.rebase(last.base, last.files, now) if last and not anew else now
        files = _over(old, changes)
        draft = Draft(of=of, number=last.number + 1 if last else 1, base=now, files=files)
        overlay.demand_size(draft.base, draft.files)
        at = parts.thinking.now()
        by = Written(key=context.key, turn=context.turn, by=context.actor.id, at=at)
        await drafts.add(tx, parts.keyring, draft, by)
    return _written(where, draft)


async def read(parts: Parts, context: Context, asked: Look) -> str:
    """Raises Invalid, NotFound."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    draft = await _newest(parts, context, where)
    if not asked.path:
        async with parts.thinking.db.tx() as tx:
            tries = await drafts.tries(tx, parts.keyring, draft.of)
        rows = [f"{t.kind} draft {t.number}: {'passed' if t.passed else 'failed'}" for t in tries]
        return "\n".join([_written(where, draft), *rows[-10:]])
    if asked.path not in overlay.changed(draft.base, draft.files):
        raise Invalid(f"{asked.path} is as it is applied: read_configuration shows it")
    return pages.cut(draft.files.get(asked.path, b"").decode(errors="replace"), asked.start)


async def validate(parts: Parts, context: Context, asked: Which) -> str:
    """Raises Invalid, NotFound, Forbidden, Conflict, Upstream."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    draft = await _newest(parts, context, where)
    left = await _left(parts, context)
    files = await _merged(parts, context, draft)
    checked = await parts.workshop.check(context.actor, where.id, files)
    found = findings.told(checked)
    if checked.passed:
        said = f"Draft {draft.number} is valid. Next: plan_draft shows what it would do."
    else:
        said = f"Draft {draft.number} is not valid. {_again(left)}"
    await _keep(parts, context, draft, Trying.VALIDATED, said=found, passed=checked.passed)
    return f"{said}\n{found}" if found else said


async def plan(parts: Parts, context: Context, asked: Which) -> str:
    """Raises Invalid, NotFound, Forbidden, Conflict."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    draft = await _newest(parts, context, where)
    left = await _left(parts, context)
    why = f"to see what draft {draft.number} of a conversation would do"
    brief = await _run(parts, context, draft, why, plan_only=True)
    if not brief.judged:
        return f"{brief.text}\nIts gates have not spoken yet: read_run {brief.run} says more later."
    said = _again(left) if brief.denied else "It may be proposed: propose, with a reason."
    return f"{said}\n{brief.text}"


async def propose(parts: Parts, context: Context, asked: Propose) -> str:
    """Raises Invalid, NotFound, Forbidden, Conflict."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    draft = await _newest(parts, context, where)
    left = await _left(parts, context)
    brief = await _run(parts, context, draft, asked.reason, plan_only=False)
    if not brief.judged:
        said = f"It is proposed as {brief.run}; its gates have not spoken yet: read_run says more."
    elif brief.denied:
        said = f"{brief.run} was refused. {_again(left)}"
    else:
        said = f"It is proposed as {brief.run}."
    return f"{said}\n{brief.text}"


async def _run(
    parts: Parts, context: Context, draft: Draft, reason: str, *, plan_only: bool
) -> Brief:
    proposal = Proposal(
        workspace=draft.of.workspace,
        files=await _merged(parts, context, draft),
        reason=reason,
        source=f"agent:{context.agent}",
        origin=origin(context, draft=draft.number),
        plan_only=plan_only,
    )
    brief = await proposed(parts, context, proposal)
    if brief.judged:
        kind = Trying.PLANNED if plan_only else Trying.PROPOSED
        what = {"said": brief.text, "passed": not brief.denied, "run": brief.run}
        await _keep(parts, context, draft, kind, **what)
    return brief


async def proposed(parts: Parts, context: Context, proposal: Proposal) -> Brief:
    """The run of this very call, once its gates have spoken, or after some patience."""
    desk = parts.thinking.desk
    behalf = None if context.person == context.actor.id else context.person
    wanted = replace(proposal, on_behalf_of=behalf, key=context.key)
    run = await desk.propose(context.actor, wanted)
    return await desk.brief(context.actor, run, parts.patience)


def origin(context: Context, **more: Any) -> Mapping[str, Any]:
    """What led to a proposal, as its evidence tells it."""
    said = {"conversation": context.conversation, "turn": context.turn, "agent": context.agent}
    return {"models": [], **context.origin, **said, **more}


async def _newest(parts: Parts, context: Context, where: Premises) -> Draft:
    async with parts.thinking.db.tx() as tx:
        found = await drafts.newest(tx, parts.keyring, Of(context.conversation, where.id))
    if found is None or not overlay.changed(found.base, found.files):
        raise Invalid(f"there is no draft for workspace {where.name} yet: write_draft begins one")
    return found


async def _merged(parts: Parts, context: Context, draft: Draft) -> Mapping[str, bytes]:
    """The draft over what is applied now."""
    now = await parts.thinking.desk.files(context.actor, draft.of.workspace)
    return overlay.rebase(draft.base, draft.files, now)


async def _left(parts: Parts, context: Context) -> int:
    """How many tries there are after this one. Raises Conflict where there is none at all."""
    async with parts.thinking.db.tx() as tx:
        failed = await drafts.failures(tx, context.conversation, context.turn, context.key)
    if failed > context.retries:
        raise Conflict(
            f"{failed} tries have failed, and no more are made: stop here, and say plainly what"
            " was tried, what failed, and what is needed to go on"
        )
    return context.retries - failed


async def _keep(parts: Parts, context: Context, draft: Draft, kind: Trying, **what: Any) -> None:
    at = parts.thinking.now()
    one = Try(key=context.key, number=draft.number, turn=context.turn, kind=kind, at=at, **what)
    async with parts.thinking.db.tx() as tx:
        await drafts.tried(tx, parts.keyring, draft.of, one)


def _over(files: Mapping[str, bytes], changes: Mapping[str, bytes | None]) -> Mapping[str, bytes]:
    for path, body in changes.items():
        if body is None and path not in files:
            raise Invalid(f"there is no file {path[:120]!r} to delete")
    kept = {path: body for path, body in files.items() if path not in changes}
    return kept | {path: body for path, body in changes.items() if body is not None}


def _written(where: Premises, draft: Draft) -> str:
    rows = [f"  {path}: {_how(draft, path)}" for path in overlay.changed(draft.base, draft.files)]
    head = f"Draft {draft.number} for workspace {where.name}"
    if not rows:
        return f"{head} changes nothing yet."
    return "\n".join([f"{head}, beside what is applied there:", *rows, "Next: validate_draft."])


def _how(draft: Draft, path: str) -> str:
    if path not in draft.files:
        return "removed"
    lines = draft.files[path].count(b"\n") + 1
    return f"{'changed' if path in draft.base else 'new'}, {lines} lines"


def _again(left: int) -> str:
    if not left:
        return "That was the last try: say plainly what failed, and what is needed to go on."
    tries = "1 more try" if left == 1 else f"{left} more tries"
    return f"Mend it with write_draft and try again; {tries} may fail before you must stop."

"""Tools that read runs."""

from typing import Annotated

import msgspec
from msgspec import Meta

from dihedral.domain.brief import Brief
from dihedral.domain.ids import RunId, parse
from dihedral.model.work.tools import workspaces
from dihedral.model.work.tools.context import Context, Parts
from dihedral.model.work.tools.drafting import Workspace

SIZE = 20  # runs at once
WHY = 120  # characters of a reason


class Read(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    run: Annotated[str, Meta(max_length=40, description="For example run-k3v9")]
    wait: Annotated[
        bool, Meta(description="Wait until its gates have spoken, for at most two minutes")
    ] = False


class History(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Workspace = ""
    before: Annotated[str, Meta(max_length=40, description="The last run of the page before")] = ""


class Page(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Annotated[
        str, Meta(max_length=90, description="Only of this workspace; leave out: of all")
    ] = ""
    before: Annotated[str, Meta(max_length=40, description="The last run of the page before")] = ""


async def read(parts: Parts, context: Context, asked: Read) -> str:
    """Raises Invalid, NotFound."""
    run = parse(RunId, asked.run)
    wait = parts.patience if asked.wait else 0.0
    return (await parts.thinking.desk.brief(context.actor, run, wait)).text


async def page(parts: Parts, context: Context, asked: Page) -> str:
    """Raises Invalid, NotFound."""
    return await _page(parts, context, asked.workspace or None, asked.before)


async def history(parts: Parts, context: Context, asked: History) -> str:
    """Raises Invalid, NotFound."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    return await _page(parts, context, where.id, asked.before)


async def _page(parts: Parts, context: Context, where: str | None, before: str) -> str:
    last = parse(RunId, before) if before else None
    found = await parts.thinking.desk.briefs(context.actor, where, last, SIZE)
    rows = [f"{b.created_at:%Y-%m-%d %H:%M} {b.line}{_why(b)}" for b in found]
    more = [f"more: before={found[-1].run}"] if len(found) == SIZE else []
    return "\n".join([*rows, *more]) or "There are no runs."


def _why(brief: Brief) -> str:
    return f" — {brief.message[:WHY]}" if brief.message else ""

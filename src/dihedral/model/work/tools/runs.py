"""Tools that read runs."""

from typing import Annotated

import msgspec
from msgspec import Meta

from dihedral.domain.ids import RunId, parse
from dihedral.model.work.tools.context import Context, Parts
from dihedral.model.work.tools.drafting import Workspace

SIZE = 20  # runs at once


class Read(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    run: Annotated[str, Meta(max_length=40, description="For example run-k3v9")]
    wait: Annotated[
        bool, Meta(description="Wait until its gates have spoken, for at most two minutes")
    ] = False


class Page(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Workspace = ""
    before: Annotated[str, Meta(max_length=40, description="The last run of the page before")] = ""


async def read(parts: Parts, context: Context, asked: Read) -> str:
    """Raises Invalid, NotFound."""
    run = parse(RunId, asked.run)
    wait = parts.patience if asked.wait else 0.0
    return (await parts.thinking.desk.brief(context.actor, run, wait)).text


async def page(parts: Parts, context: Context, asked: Page) -> str:
    """Raises Invalid, NotFound."""
    before = parse(RunId, asked.before) if asked.before else None
    where = asked.workspace or context.workspace
    found = await parts.thinking.desk.briefs(context.actor, where, before, SIZE)
    rows = [f"{b.line} — {b.message[:120]}" if b.message else b.line for b in found]
    more = [f"more: before={found[-1].run}"] if len(found) == SIZE else []
    return "\n".join([*rows, *more]) or "There are no runs."

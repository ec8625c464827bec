"""Tools that read workspaces: what is in them, and what they are made of."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dihedral.domain.brief import Premises
from dihedral.domain.errors import Invalid
from dihedral.model.work.tools import pages, workspaces
from dihedral.model.work.tools.context import Context, Parts
from dihedral.model.work.tools.drafting import Workspace

SIZE = 50  # workspaces at once
ROWS = 80  # addresses at once
VALUE = 200  # characters of an output


class Page(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    after: Annotated[str, Meta(max_length=90, description="The last one of the page before")] = ""


class Read(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Workspace = ""
    search: Annotated[
        str, Meta(max_length=200, description="Only addresses and outputs that hold this text")
    ] = ""
    start: Annotated[int, Meta(ge=0, description="The address to begin with, from 0")] = 0


class Files(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: Workspace = ""
    path: Annotated[str, Meta(max_length=400, description="One file's; leave out: a list")] = ""
    start: pages.Start = 0


async def page(parts: Parts, context: Context, asked: Page) -> str:
    found = await parts.estate.page(context.actor, asked.after or None, SIZE)
    rows = [_headline(one) for one in found]
    more = [f"more: after={found[-1].name}"] if len(found) == SIZE else []
    return "\n".join([*rows, *more]) or "There are no workspaces that you may read."


async def read(parts: Parts, context: Context, asked: Read) -> str:
    """Raises Invalid, NotFound, Forbidden."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    found = await parts.estate.see(context.actor, where.id)
    held = [a for a in found.addresses if asked.search in a]
    shown = held[asked.start : asked.start + ROWS]
    outputs = {k: v for k, v in found.outputs.items() if asked.search in k or shown}
    rows = [_headline(found)]
    rows += [f"variables: {', '.join(found.variables)}"] if found.variables else []
    rows += [f"reads the outputs of: {', '.join(found.reads)}"] if found.reads else []
    rows += [f"its outputs are read by: {', '.join(found.read_by)}"] if found.read_by else []
    rows += [f"{len(found.addresses)} resources, {len(held)} that fit:", *shown]
    if len(held) > asked.start + ROWS:
        rows.append(f"more: start={asked.start + ROWS}")
    rows += ["outputs:"] if outputs else ["no outputs"]
    rows += [f"  {name} = {_value(value)}" for name, value in list(outputs.items())[:ROWS]]
    return "\n".join(rows)


async def files(parts: Parts, context: Context, asked: Files) -> str:
    """Raises Invalid, NotFound, Forbidden."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    found = await parts.estate.files(context.actor, where.id)
    if not found:
        return f"Nothing was applied in workspace {where.name} yet; it has no configuration."
    if not asked.path:
        return pages.cut("\n".join(f"{p}: {len(t)} characters" for p, t in sorted(found.items())))
    if asked.path not in found:
        raise Invalid(f"there is no file {asked.path!r}; there are {', '.join(sorted(found)[:40])}")
    return pages.cut(found[asked.path], asked.start)


def _headline(one: Premises) -> str:
    kind = "simulated" if one.simulated else "in a cloud"
    held = f"; locked by {one.held}" if one.held else ""
    return f"{one.name} ({kind}{held}){': ' + one.description[:VALUE] if one.description else ''}"


def _value(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= VALUE else f"{text[:VALUE]}…"

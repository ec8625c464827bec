"""Tools that look up what a provider has, by its own schema."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from dihedral.domain.brief import Attribute
from dihedral.model.work.tools import pages, workspaces
from dihedral.model.work.tools.context import Context, Parts
from dihedral.model.work.tools.drafting import Workspace

ROWS = 40  # names at once
TOLD = 110  # characters of a description
DATA = "data."

Provider = Annotated[str, Meta(max_length=120, description="For example hashicorp/aws")]


class Find(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    words: Annotated[str, Meta(max_length=200, description="For example: sqs queue policy")]
    provider: Provider = "hashicorp/aws"
    workspace: Workspace = ""


class Describe(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    type: Annotated[
        str,
        Meta(max_length=130, description="For example aws_sqs_queue, or data.aws_sqs_queue"),
    ]
    within: Annotated[
        str, Meta(max_length=200, description="Only what is in this block, for example rule.filter")
    ] = ""
    provider: Annotated[
        str, Meta(max_length=120, description="Leave out: hashicorp/ and the name's first word")
    ] = ""
    workspace: Workspace = ""
    start: pages.Start = 0


async def find(parts: Parts, context: Context, asked: Find) -> str:
    """Raises Invalid, NotFound, Forbidden, Upstream."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    every = await parts.workshop.types(context.actor, where.id, asked.provider)
    words = asked.words.lower().replace("_", " ").split()
    scored = sorted((-_fits(name, words), len(name), name) for name in every)
    found = [name for score, _, name in scored if score < 0]
    if not found:
        return f"No type of {asked.provider} has any of these words; it has {len(every)} types."
    more = f"\nand {len(found) - ROWS} more: use other words" if len(found) > ROWS else ""
    return "\n".join(found[:ROWS]) + more


async def describe(parts: Parts, context: Context, asked: Describe) -> str:
    """Raises Invalid, NotFound, Forbidden, Upstream."""
    where = await workspaces.chosen(parts, context, asked.workspace)
    named = asked.provider or f"hashicorp/{asked.type.removeprefix(DATA).partition('_')[0]}"
    found = await parts.workshop.describe(context.actor, where.id, named, asked.type)
    head = f"{found.name} of {found.provider}"
    if asked.within:
        above = f"{asked.within}."
        inner = [a for a in found.attributes if a.path.startswith(above)]
        rows = [_row(a) for a in inner] or [f"there is no block {asked.within!r}"]
        return pages.cut("\n".join([f"{head}, in {asked.within}:", *rows]), asked.start)
    return pages.cut("\n".join([head, *_rows(found.attributes)]), asked.start)


def _rows(attributes: Sequence[Attribute]) -> list[str]:
    """What is at the top, and what a block needs that must be there."""
    needed = {a.path for a in attributes if a.required}
    shown = [a for a in attributes if "." not in a.path or _needed(a, needed)]
    takes = [_row(a) for a in shown if not a.computed]
    gives = [a.path for a in shown if a.computed]
    rows = ["arguments:", *takes]
    rows += [f"gives back: {', '.join(gives)}"] if gives else []
    if len(shown) < len(attributes):
        rows.append("what is in a block: call again with within=BLOCK")
    return rows


def _needed(one: Attribute, needed: set[str]) -> bool:
    parts = one.path.split(".")
    return all(".".join(parts[: n + 1]) in needed for n in range(len(parts)))


def _row(one: Attribute) -> str:
    marks = ["required"] if one.required else ["given back"] if one.computed else []
    marks += ["sensitive"] if one.sensitive else []
    said = one.description if len(one.description) <= TOLD else f"{one.description[:TOLD]}…"
    tail = f" ({', '.join(marks)})" if marks else ""
    return f"  {one.path}: {one.of}{tail}{' — ' + said if said else ''}"


def _fits(name: str, words: Sequence[str]) -> int:
    parts = name.replace(".", "_").split("_")
    whole = sum(3 for word in words if word in parts)
    within = sum(1 for word in words if word in name)
    return whole + within

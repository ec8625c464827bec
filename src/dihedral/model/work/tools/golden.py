"""Tools for blueprints: found, filled, put into a draft, proposed."""

from typing import Annotated

import msgspec
from msgspec import Meta

from dihedral.domain.blueprint import Blueprint, Slot, Value
from dihedral.domain.errors import NotFound
from dihedral.domain.ports import Proposal
from dihedral.model.rules import draft, passages
from dihedral.model.work import requests
from dihedral.model.work.tools import drafting, workspaces
from dihedral.model.work.tools.context import Context, Parts
from dihedral.model.work.tools.drafting import Workspace

FULL = 3  # blueprints that are shown with their values; of more only a line each
Name = Annotated[str, Meta(max_length=80, description="The blueprint's name, as listed")]
Told = Annotated[str, Meta(max_length=1000)] | int | bool
Values = Annotated[
    dict[str, Told],
    Meta(max_length=40, description='What it needs, by name, for example {"name": "orders"}'),
]


class List(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    search: Annotated[
        str, Meta(max_length=400, description="What is needed, in any language; leave out: all")
    ] = ""


class Fill(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    blueprint: Name
    values: Values = {}
    text: Annotated[
        str, Meta(max_length=4000, description="The person's own words; values are read from them")
    ] = ""
    draft: Annotated[bool, Meta(description="Write it into this conversation's draft")] = False
    workspace: Workspace = ""


class Propose(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    blueprint: Name
    values: Values
    reason: Annotated[
        str,
        Meta(
            min_length=1, max_length=2000, description="What was asked for, in the person's words"
        ),
    ]
    workspace: Workspace = ""
    plan_only: Annotated[bool, Meta(description="Only plan it, to see what it would do")] = False


async def page(parts: Parts, context: Context, asked: List) -> str:
    every = parts.thinking.blueprints
    if not asked.search:
        return "\n".join(_line(one) for one in every.values())
    if asked.search in every:
        return _whole(every[asked.search])
    texts = {name: _about(one) for name, one in every.items()}
    found = list(dict.fromkeys(p.text for p in passages.find(texts, asked.search, 12)))
    if not found:
        return "No blueprint has to do with that; without search all are listed."
    best = [_whole(every[name]) for name in found[:FULL]]
    return "\n".join([*best, *(_line(every[name]) for name in found[FULL:8])])


async def fill(parts: Parts, context: Context, asked: Fill) -> str:
    """Raises Invalid, NotFound, Conflict."""
    blueprint = _named(parts, asked.blueprint)
    values = {**requests.read(blueprint, asked.text), **asked.values}
    if lacking := draft.missing(blueprint, values):
        return "\n".join([_has(values), "It still needs:", *(_slot(slot) for slot in lacking)])
    where = await workspaces.chosen(parts, context, asked.workspace)
    before = await drafting.begun(parts, context, where)
    region = requests.region(parts.thinking, blueprint, values)
    made = draft.draft(blueprint, values, region, before, asked.text)
    if asked.draft:
        changes = {path: made.files[path] for path in made.written}
        return await drafting.add(parts, context, where, changes)
    said = "Nothing is missing. Next: propose_blueprint, or again with draft=true to change it."
    return "\n".join([_has(values), f"It writes {', '.join(made.written)}.", said])


async def propose(parts: Parts, context: Context, asked: Propose) -> str:
    """Raises Invalid, NotFound, Forbidden, Conflict."""
    blueprint = _named(parts, asked.blueprint)
    where = await workspaces.chosen(parts, context, asked.workspace)
    region = requests.region(parts.thinking, blueprint, asked.values)
    before = await parts.thinking.desk.files(context.actor, where.id)
    made = draft.draft(blueprint, asked.values, region, before, asked.reason)
    proposal = Proposal(
        workspace=where.id,
        files=made.files,
        reason=asked.reason,
        source=f"blueprint:{blueprint.name}",
        origin=drafting.origin(context, blueprint=blueprint.name),
        plan_only=asked.plan_only,
    )
    brief = await drafting.proposed(parts, context, proposal)
    what = "planned, to be read only" if asked.plan_only else "proposed"
    said = f"It is {what}, as {brief.run}."
    if not brief.judged:
        said += " Its gates have not spoken yet: read_run says more later."
    return f"{said}\n{brief.text}"


def _named(parts: Parts, name: str) -> Blueprint:
    try:
        return parts.thinking.blueprints[name]
    except KeyError:
        raise NotFound("blueprint", name) from None


def _about(one: Blueprint) -> str:
    said = (text for texts in one.phrasings.values() for text in texts)
    return "\n".join([one.name.replace("-", " "), one.title, one.summary, *said])


def _line(one: Blueprint) -> str:
    return f"{one.name}: {one.title}. {one.summary}"


def _whole(one: Blueprint) -> str:
    return "\n".join([_line(one), *(_slot(slot) for slot in one.slots)])


def _slot(slot: Slot) -> str:
    kind = " | ".join(slot.choices) or slot.kind
    needed = "required" if slot.required else f"else {slot.default!r}" if slot.default else ""
    return f"  {slot.variable} ({', '.join(filter(None, [kind, needed]))}): {slot.question}"


def _has(values: dict[str, Value]) -> str:
    return f"Values: {', '.join(f'{k}={v!r}' for k, v in values.items()) or 'none'}."

"""The table of all tools, and the box of those that an agent is given.

A tool raises a Fault, and its message is what the model is told. What it was not allowed to do is
in the audit log, as it is for people.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from dihedral.domain.audit import Outcome, act
from dihedral.domain.errors import Forbidden, Hidden, Nobody
from dihedral.domain.right import Action
from dihedral.model.rules import arguments
from dihedral.model.rules.tool import Effect, Tool
from dihedral.model.work.tools import drafting, runs
from dihedral.model.work.tools.context import Context, Parts

Handler: TypeAlias = Callable[[Context, Mapping[str, Any]], Awaitable[str]]
Toolbox: TypeAlias = Mapping[str, Handler]

_REASON = 500  # characters of a refusal in the audit log


@dataclass(frozen=True, slots=True)
class Entry:
    """`does` takes an instance of `takes`; `needs` is what a refusal is audited as."""

    name: str
    description: str
    does: Callable[[Parts, Context, Any], Awaitable[str]]
    takes: type[msgspec.Struct]
    needs: Action
    effect: Effect = Effect.READS

    @property
    def tool(self) -> Tool:
        return Tool(self.name, self.description, arguments.schema(self.takes), self.effect)


# fmt: off
ENTRIES = (
    Entry("write_draft",
          "Write files of this conversation's draft of a workspace's configuration. The draft"
          " begins as what is applied; files that you do not name stay. Give whole files.",
          drafting.write, drafting.Write, Action.RUN_PROPOSE, Effect.DRAFTS),
    Entry("read_draft",
          "What this conversation's draft changes, how its tries went, or one of its files.",
          drafting.read, drafting.Look, Action.RUN_PROPOSE),
    Entry("validate_draft",
          "Check the draft: what is forbidden, and what `terraform validate` says.",
          drafting.validate, drafting.Which, Action.RUN_PROPOSE, Effect.DRAFTS),
    Entry("plan_draft",
          "Plan the draft without applying it: what it would change, cost and risk, and what the"
          " gates say.",
          drafting.plan, drafting.Which, Action.RUN_PROPOSE, Effect.PROPOSES),
    Entry("propose",
          "Propose the draft as a change. Gates judge it and a person may have to approve it; it"
          " is never applied by you.",
          drafting.propose, drafting.Propose, Action.RUN_PROPOSE, Effect.PROPOSES),
    Entry("read_run",
          "A run: its status, its numbers, what it would change, and what its gates say.",
          runs.read, runs.Read, Action.RUN_READ),
    Entry("list_runs", "Runs, newest first, each in a line.",
          runs.page, runs.Page, Action.RUN_READ),
)
# fmt: on

TOOLS: Mapping[str, Tool] = {entry.name: entry.tool for entry in ENTRIES}


def toolbox(parts: Parts) -> Toolbox:
    """Every tool, ready to be called."""
    return {entry.name: _handler(parts, entry) for entry in ENTRIES}


def _handler(parts: Parts, entry: Entry) -> Handler:
    async def handle(context: Context, given: Mapping[str, Any]) -> str:
        asked = arguments.read(entry.name, entry.takes, given)
        try:
            return await entry.does(parts, context, asked)
        except (Forbidden, Hidden, Nobody) as fault:
            await _refused(parts, context, entry, asked, fault)
            raise

    return handle


async def _refused(
    parts: Parts, context: Context, entry: Entry, asked: Any, fault: Forbidden | Hidden | Nobody
) -> None:
    """In a transaction of its own, for that of the tool is undone."""
    thinking = parts.thinking
    where = str(getattr(asked, "workspace", "") or context.workspace or "")
    why = fault.why if isinstance(fault, Hidden) else str(fault)
    done = act(
        thinking.now(),
        context.actor,
        entry.needs,
        f"{entry.name} {getattr(asked, 'run', '') or where}".strip(),
        outcome=Outcome.DENIED,
        reason=f"{why[:_REASON]} ({context.conversation})",
    )
    async with thinking.db.tx() as tx:
        thinking.note(tx, done)

"""The table of all tools, and the box of those that an agent is given. Handing work on and reading
on in a result that was cut are the loop's own.

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
from dihedral.model.work.tools import asking, drafting, golden, reading, runs, types
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
    Entry("read_history", "What happened to a workspace: its runs, newest first.",
          runs.history, runs.History, Action.RUN_READ),
    Entry("list_workspaces", "The workspaces that you may read, by name.",
          reading.page, reading.Page, Action.WORKSPACE_READ),
    Entry("read_workspace",
          "What is in a workspace now: its resources' addresses, its outputs, its variables'"
          " names. Secrets are hidden.",
          reading.read, reading.Read, Action.STATE_READ),
    Entry("read_configuration",
          "The files that a workspace was applied with last: a list, or one of them.",
          reading.files, reading.Files, Action.RUN_READ),
    Entry("list_blueprints",
          "Reviewed modules for common needs, and what each needs to know. Prefer one of them to"
          " files of your own.",
          golden.page, golden.List, Action.BLUEPRINT_READ),
    Entry("fill_blueprint",
          "Fill a blueprint: says what is still missing, and what it would write. With draft=true"
          " it is written into this conversation's draft.",
          golden.fill, golden.Fill, Action.RUN_PROPOSE, Effect.DRAFTS),
    Entry("propose_blueprint",
          "Propose a filled blueprint as a change. Gates judge it and a person may have to approve"
          " it; it is never applied by you.",
          golden.propose, golden.Propose, Action.RUN_PROPOSE, Effect.PROPOSES),
    Entry("find_resource_types",
          "Names of a provider's resource types and data sources that have some words.",
          types.find, types.Find, Action.RUN_PROPOSE),
    Entry("describe_resource_type",
          "What a resource type or data source takes and gives back, by its schema.",
          types.describe, types.Describe, Action.RUN_PROPOSE),
    Entry("ask_reflex",
          "Which blueprint a request means, if that is clear, and what it still needs.",
          asking.ask_reflex, asking.Ask, Action.REFLEX_READ),
    Entry("classify", "Which of your known kinds a text is, if that is clear.",
          asking.classify, asking.Ask, Action.REFLEX_READ),
    Entry("search_knowledge", "Passages of your own texts about something.",
          asking.search_knowledge, asking.Search, Action.AGENT_READ),
    Entry("escalate", "Hand the matter to a person, when you cannot or must not go on alone.",
          asking.escalate, asking.Escalate, Action.REQUEST_ASK, Effect.PROPOSES),
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

"""The story of a conversation in one JSON document: every turn and word of it, which model was
asked where and why, what tools did, what was denied, the runs it led to, and what it cost.

What is secret in its words is hidden by the rules that hold everywhere. A message in which nothing
had to be hidden is whole, so that its digest can be computed again; of the others, and of whatever
is too large for a page (results, agents' files, prompts, runs' own bundles) the digest is here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.domain.agentspec import AgentSpec, Prompt
from dihedral.domain.audit import FIELDS, Head, Link
from dihedral.domain.change import Level
from dihedral.domain.conversation import Turn
from dihedral.domain.ids import ActorId
from dihedral.domain.run import Run
from dihedral.domain.spend import Purpose
from dihedral.domain.testimony import Testimony, Worded
from dihedral.domain.workspace import Workspace
from dihedral.kit.dsse import key_id
from dihedral.ops.rules import evidence, redact

FORMAT = "dihedral.evidence.conversation/1"
TYPE = "application/vnd.dihedral.evidence.conversation+json"
# fmt: off
TALK = (
    "id", "agent", "person", "workspace", "title", "standing", "why", "parent", "created_at",
    "updated_at",
)
TURN = (
    "id", "seq", "agent", "version", "instance", "started_at", "ended_at", "outcome", "why",
    "rounds", "calls", "runs", "numbers",
)
ENTRY = ("seq", "kind", "tool", "tries", "begun_at", "done_at", "failed", "result", "numbers")
RUN = (
    "id", "status", "proposer", "on_behalf_of", "message", "reason", "request", "origin",
    "plan_only", "created_at", "ended", "configuration", "effect", "evidence",
)
# fmt: on
Clear = Callable[[str], str]
_FIXED = frozenset({"kind", "whole", "signature"})  # of a message's parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """A run that it led to; `turn` is the one that proposed it, which is another conversation's, or
    None, where it was only read."""

    run: Run
    workspace: Workspace
    turn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A line of the ledger. `counts` is what it comes to, None where that is not known."""

    line: Mapping[str, Any]
    counts: Decimal | None
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known beside the testimony. `records` have the hash of the record before each;
    `unseen` counts runs that the reader may not read; `clear` hides what is secret."""

    told: Testimony = field(repr=False)
    reader: ActorId
    at: datetime
    runs: Sequence[Led]
    unseen: int
    paid: Sequence[Paid]
    records: Sequence[tuple[Link, str]]
    head: Head
    public: bytes
    clear: Clear


def compose(account: Account) -> bytes:
    """UTF-8 JSON, keys in order."""
    told, clear = account.told, account.clear
    story = {
        "format": FORMAT,
        "conversation": told.conversation.id,
        "organization": told.conversation.organization,
        "made": {"at": account.at, "for": account.reader},
        "talks": [
            {
                **_some(talk.conversation, TALK, clear),
                "turns": [
                    {
                        **_some(work.turn, TURN, clear),
                        "messages": [_message(one, clear) for one in work.said],
                        "wants": [_some(one, ENTRY, clear) for one in work.wanted],
                    }
                    for work in talk.works
                ],
            }
            for talk in told.talks
        ],
        "agents": [_agent(spec) for spec in told.agents],
        "runs": [_run(led, clear) for led in account.runs],
        "runs_unseen": account.unseen,
        "ledger": [one.line for one in account.paid],
        "audit": {
            "records": [_record(*pair, clear) for pair in account.records],
            "head": asdict(account.head),
        },
        "numbers": _numbers(account),
        "signer": {"id": key_id(account.public), "ed25519": account.public.hex()},
    }
    return msgspec.json.encode(story, enc_hook=evidence.plain, order="sorted")


def _numbers(account: Account) -> dict[str, Any]:
    """As every page leads with them. Money is None where some of it is not known; risk is that of
    the run that reaches furthest."""
    thinking = [one for one in account.paid if one.line["purpose"] == Purpose.THINKING]
    money = [one.counts for one in thinking]
    turns = [work.turn for work in account.told.talks[0].works]
    said = {led.run.numbers.get("risk", {}).get("level") for led in account.runs}
    return {
        "speed": {"seconds": round(sum(map(_seconds, turns)), 3)},
        "cost": {
            "money": None if None in money else sum(filter(None, money), Decimal(0)),
            "tokens": sum(one.tokens for one in thinking),
        },
        "risk": {"level": next((level for level in reversed(Level) if level in said), None)},
    }


def _seconds(turn: Turn) -> float:
    return float(str(turn.numbers.get("seconds", 0)))


def _some(of: Any, names: Sequence[str], clear: Clear) -> dict[str, Any]:
    """Fields of it. Ids and digests stay what they are; words are cleared."""
    worded = ("title", "why", "numbers", "message", "reason", "origin", "tool")
    return {
        name: redact.everywhere(getattr(of, name), clear) if name in worded else getattr(of, name)
        for name in names
    }


def _message(worded: Worded, clear: Clear) -> dict[str, Any]:
    """`hidden` says that some of it is, so that its digest cannot be computed again."""
    said = msgspec.json.decode(worded.content)
    parts = [_part(part, clear) for part in said["parts"]]
    hidden = parts != said["parts"]
    found = {"seq": worded.seq, "at": worded.at, "digest": worded.digest, "by": said["by"]}
    return {**found, "parts": parts, "hidden": hidden}


def _part(part: Mapping[str, Any], clear: Clear) -> dict[str, Any]:
    return {k: v if k in _FIXED else redact.everywhere(v, clear) for k, v in part.items()}


def _agent(spec: AgentSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "version": spec.version,
        "digest": spec.digest,
        "model": spec.needs.model,
        "prompt": _named(spec.prompt),
        "knowledge": [_named(one) for one in spec.knowledge],
        "tools": spec.tools,
        "delegates": spec.delegates,
        "applied_by": spec.applied_by,
        "applied_at": spec.applied_at,
    }


def _named(text: Prompt) -> dict[str, str]:
    return {"name": text.name, "digest": text.digest}


def _run(led: Led, clear: Clear) -> dict[str, Any]:
    where = {"id": led.workspace.id, "name": led.workspace.name}
    speed = {"speed": led.run.speed, **led.run.numbers}
    told = {"turn": led.turn, "workspace": where, "numbers": redact.everywhere(speed, clear)}
    return {**_some(led.run, RUN, clear), **told}


def _record(link: Link, before: str, clear: Clear) -> dict[str, Any]:
    """With what its hash is computed from, unless some of it is hidden."""
    fields = {name: getattr(link.act, name) for name in FIELDS}
    shown = {**fields, **{k: clear(fields[k]) for k in ("target", "reason")}}
    chained = {"seq": link.seq, "hash": link.hash, "before": before, "hidden": shown != fields}
    return {**shown, **chained}

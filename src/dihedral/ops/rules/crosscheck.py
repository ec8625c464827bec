"""Whether the evidence of a conversation contradicts itself; its signature was checked before."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from dihedral.domain.actor import Kind
from dihedral.domain.audit import FIELDS, Act, Head, Link, Outcome
from dihedral.domain.conversation import Standing
from dihedral.ops.rules import chain

Story = Mapping[str, Any]


def faults(story: Story) -> Iterator[str]:
    """What does not fit together. Raises KeyError, TypeError, ValueError for missing parts."""
    yield from _told(story)
    yield from _said(story)
    yield from _wanted(story)
    yield from _led(story)
    yield from _paid(story)
    yield from _recorded(story)


def digests(story: Story) -> dict[str, str]:
    """Digest → what it is of: everything that the evidence names and does not hold."""
    found: dict[str, str] = {}
    for spec in story["agents"]:
        found[spec["digest"]] = f"the file of agent {spec['name']}, version {spec['version']}"
        for text in (spec["prompt"], *spec["knowledge"]):
            found[text["digest"]] = f"text {text['name']} of agent {spec['name']}"
    for turn in _turns(story):
        for message in turn["messages"]:
            found[message["digest"]] = f"message {message['seq']} of {turn['id']}"
        for want in turn["wants"]:
            if want["result"]:
                found[want["result"]] = f"result {want['seq']} of {turn['id']}"
    for run in story["runs"]:
        for name in ("configuration", "evidence"):
            if run[name]:
                found[run[name]] = f"{name} of {run['id']}"
    return found


def _turns(story: Story) -> Iterator[Mapping[str, Any]]:
    return (turn for talk in story["talks"] for turn in talk["turns"])


def _told(story: Story) -> Iterator[str]:
    """Each talk begins in a turn of one before it, and rests only when its turns are over."""
    known: set[str] = set()
    held = {(spec["name"], spec["version"]) for spec in story["agents"]}
    for place, talk in enumerate(story["talks"]):
        name, turns = talk["id"], talk["turns"]
        if place == 0 and name != story["conversation"]:
            yield f"it is of {story['conversation']}, and tells of {name}"
        if place and talk["parent"] not in known:
            yield f"{name} was handed on by a turn that is not in it"
        if [turn["seq"] for turn in turns] != list(range(1, len(turns) + 1)):
            yield f"the turns of {name} are not all there, or not in order"
        if talk["standing"] == Standing.RESTING and any(not turn["ended_at"] for turn in turns):
            yield f"{name} is at rest, and a turn of it is not over"
        for turn in turns:
            if turn["version"] and (turn["agent"], turn["version"]) not in held:
                yield f"{turn['id']} was of an agent's version that is not in it"
        known |= {turn["id"] for turn in turns}


def _said(story: Story) -> Iterator[str]:
    for talk in story["talks"]:
        messages = [one for turn in talk["turns"] for one in turn["messages"]]
        if sorted(one["seq"] for one in messages) != list(range(1, len(messages) + 1)):
            yield f"the messages of {talk['id']} are not all there"
        for one in messages:
            if not one["hidden"] and _digest(one) != one["digest"]:
                yield f"message {one['seq']} of {talk['id']} is not what its digest names"


def _digest(message: Mapping[str, Any]) -> str:
    """Of its canonical JSON, as messages are kept."""
    told = {"by": message["by"], "parts": message["parts"]}
    text = json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _wanted(story: Story) -> Iterator[str]:
    for turn in _turns(story):
        wants = turn["wants"]
        if [want["seq"] for want in wants] != list(range(1, len(wants) + 1)):
            yield f"the calls of {turn['id']} are not all there, or not in order"
        if wants and not turn["version"]:
            yield f"{turn['id']} was answered without a model, and has calls"
        for want in wants:
            if bool(want["done_at"]) != bool(want["result"]):
                yield f"call {want['seq']} of {turn['id']} has no result, or one too many"


def _led(story: Story) -> Iterator[str]:
    turns = {turn["id"] for turn in _turns(story)}
    read = {run for turn in _turns(story) for run in turn["runs"]}
    for run in story["runs"]:
        if run["turn"] not in turns and run["id"] not in read:
            yield f"{run['id']} came of no turn that is in it"


def _paid(story: Story) -> Iterator[str]:
    talks = {talk["id"] for talk in story["talks"]}
    calls = {f"{turn['id']}:{want['seq']}" for turn in _turns(story) for want in turn["wants"]}
    whole, tokens, known = Decimal(0), 0, True
    for line in story["ledger"]:
        if line["conversation"] not in talks:
            yield f"{line['id']} of the ledger is of another conversation"
        if line["purpose"] == "thinking":
            if line["key"].partition("/")[0] not in calls:
                yield f"{line['id']} of the ledger is for a call that is not in it"
            known = known and line["counts"] is not None
            whole += Decimal(line["counts"] or 0)
            tokens += line["input"] + line["output"]
    cost = story["numbers"]["cost"]
    money = None if cost["money"] is None else Decimal(cost["money"])
    if (money, cost["tokens"]) != (whole if known else None, tokens):
        yield "what it cost is not what its lines of the ledger come to"


def _recorded(story: Story) -> Iterator[str]:
    head, last = story["audit"]["head"]["seq"], 0
    for told in story["audit"]["records"]:
        if not last < told["seq"] <= head:
            yield f"record {told['seq']} of the audit log is out of its place"
        last = told["seq"]
        if not told["hidden"] and _link(told).hash != told["hash"]:
            yield f"record {told['seq']} of the audit log is not as it was written"


def _link(told: Mapping[str, Any]) -> Link:
    fields = {name: told[name] for name in FIELDS}
    kinds = {"kind": Kind(told["kind"]), "outcome": Outcome(told["outcome"])}
    at = datetime.fromisoformat(told["at"])
    return chain.link(Head(told["seq"] - 1, told["before"]), Act(**{**fields, **kinds, "at": at}))

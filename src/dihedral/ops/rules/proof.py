"""Whether evidence contradicts itself; `kit.dsse` checks its signature before. That of a run is
checked here, that of a conversation in `crosscheck`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.domain.run import MOVES, Fact, Status
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import crosscheck, evidence, testimony

FORMATS = (evidence.FORMAT, testimony.FORMAT)
APPLIED = "applied"


def read(payload: bytes) -> Mapping[str, Any]:
    """The story. Raises Invalid where it is none, or of a format that is not known here."""
    try:
        story = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise Invalid(f"the signed document is not evidence: {cause}") from None
    if story.get("format") not in FORMATS:
        said = f"its format is {story.get('format')!r}; known here are {', '.join(FORMATS)}"
        raise Invalid(f"the signed document is not evidence: {said}")
    return story


def faults(story: Mapping[str, Any]) -> list[str]:
    """What does not fit together; empty where all of it does. Raises Invalid for missing parts."""
    try:
        if talked(story):
            return list(crosscheck.faults(story))
        return [*_folded(story), *_ruled(story), *_approved(story), *_states(story)]
    except (KeyError, TypeError, ValueError, ArithmeticError, IndexError) as cause:
        raise Invalid(f"the evidence lacks a part: {cause}") from None


def digests(story: Mapping[str, Any]) -> dict[str, str]:
    """Digest → what it is of: everything that the evidence names and does not hold."""
    if talked(story):
        return crosscheck.digests(story)
    states = {s["content"]: f"state {s['id']}" for s in story["state_versions"]}
    named = {d: name for name, d in story["artefacts"].items() if d and name != "effect"}
    return {**states, **named}


def talked(story: Mapping[str, Any]) -> bool:
    """Whether it is the evidence of a conversation."""
    return bool(story.get("format") == testimony.FORMAT)


def _folded(story: Mapping[str, Any]) -> Iterator[str]:
    status = Status.PENDING
    for told in story["facts"]:
        after = MOVES.get((status, Fact(told["fact"])))
        if after is None:
            yield f"a run that is {status} cannot be {told['fact']}"
            return
        status = after
    if status != story["run"]["status"]:
        yield f"its facts end in {status}, and it says that it is {story['run']['status']}"


def _ruled(story: Mapping[str, Any]) -> Iterator[str]:
    denied = [v["gate"] for v in story["verdicts"] if v["ruling"] == Ruling.DENY]
    if denied and story["run"]["status"] == APPLIED:
        yield f"{', '.join(denied)} denied it, and it was applied"
    if not story["verdicts"] and story["run"]["status"] == APPLIED:
        yield "it was applied, and no gate spoke"


def _approved(story: Mapping[str, Any]) -> Iterator[str]:
    if story["run"]["status"] != APPLIED:
        return
    used = [a for a in story["approvals"] if a["used_at"] is not None]
    yield from (said for a in used for said in _misfits(a, story))
    people = {a["approver"] for a in used}
    needed = story["run"]["approvers"]
    if len(people) < needed:
        yield f"it was applied with {len(people)} of {needed} approvals"


def _misfits(approval: Mapping[str, Any], story: Mapping[str, Any]) -> Iterator[str]:
    who, run = approval["approver"], story["run"]
    for name in ("effect", "base_state"):
        if approval[name] != story["artefacts"][name]:
            yield f"the approval of {who} is for another {name.replace('_', ' ')}"
    if approval["workspace"] != story["workspace"]["id"]:
        yield f"the approval of {who} is for another workspace"
    if who == run["proposer"] and approval["how"] != "self":
        yield f"{who} approved a run of their own"


def _states(story: Mapping[str, Any]) -> Iterator[str]:
    serials: Sequence[int] = [s["serial"] for s in story["state_versions"]]
    if list(serials) != sorted(serials):
        yield "its state versions are not in order"

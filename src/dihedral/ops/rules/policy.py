"""The gate `policy`: what the rules of the chosen policy sets say of a plan, as one verdict.

Shape   `Answer` is what an engine found of one set: each rule with its value, or why it has none.
        A rule that failed denies, whatever its level; so does a set that did not answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import regonotes
from dihedral.ops.rules.policyset import Level, PolicySet
from dihedral.ops.rules.regonotes import Annotation, Note

GATE = "policy"
DENIES = ("deny", "violation")
WARNS = ("warn",)
EXCEPTION = "exception"
ASKED = (*DENIES, *WARNS, EXCEPTION)
_NAMED = 5
_LONGEST = 2000  # characters of a message
_ADDRESS, _TEXT = ("address", "resource", "where"), ("msg", "message", "reason")
# fmt: off
RULINGS: Mapping[Level, Ruling] = {
    Level.ADVISORY: Ruling.ALLOW, Level.SOFT: Ruling.ASK, Level.HARD: Ruling.DENY,
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One rule of a set: `values` is empty where it is undefined, else its one value."""

    package: str
    rule: str
    at: tuple[tuple[str, int], ...] = ()
    values: tuple[Any, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one set says. `error`: it said nothing. `early`: it reads nothing of what other gates
    find, and so was asked before."""

    set: str
    rules: tuple[Said, ...] = ()
    error: str = ""
    seconds: float = 0.0
    early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing that a policy holds against the plan. `id` is the policy's own name for itself."""

    id: str
    set: str
    level: Level
    message: str
    where: str = ""
    mend: str = ""
    severity: str = ""
    title: str = ""
    failed: bool = False  # it could not be evaluated


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and what it was made of; `versions` maps each set to its digest."""

    verdict: Verdict
    results: tuple[Result, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def judge(
    sets: Sequence[PolicySet],
    answers: Iterable[Answer],
    scrub: Callable[[str], str],
    empty: Ruling = Ruling.ALLOW,
) -> Judgement:
    """One verdict for all sets. `scrub` takes secrets out of what policies say, and `empty` is the
    ruling where no set is chosen."""
    if not sets:
        return Judgement(Verdict(empty, GATE, "no policy holds here"))
    given = {answer.set: answer for answer in answers}
    found = [
        result
        for one in sets
        for result in _of_set(one, given.get(one.name) or Answer(one.name, error=_SILENT), scrub)
    ]
    found.sort(key=lambda r: (-tuple(Level).index(r.level), not r.failed, r.set, r.id, r.where))
    ruling = strictest([Verdict(RULINGS[r.level], GATE, "") for r in found]) if found else _PASS
    versions = {one.name: one.version for one in sets}
    return Judgement(
        Verdict(ruling, GATE, _reason(ruling, found, versions), tuple(map(_finding, found))),
        tuple(found),
        versions,
    )


_SILENT = "it did not answer"
_PASS = Ruling.ALLOW


def _of_set(one: PolicySet, answer: Answer, scrub: Callable[[str], str]) -> Iterator[Result]:
    why = one.broken or answer.error
    if why:
        yield _failure(one, one.name, why, scrub)
        return
    try:
        notes = [a for file, text in one.rego.items() for a in regonotes.annotations(file, text)]
        policies = list(_policies(one, answer, notes))
        if not policies:
            raise Invalid("no rule in it can object; name one deny, violation or warn")
    except Invalid as cause:
        yield _failure(one, one.name, str(cause), scrub)
        return
    excused = {said.package: _excused(said) for said in answer.rules if said.rule == EXCEPTION}
    for said, note, level in policies:
        name = note.id or _called(one, said)
        if said.error:
            yield _failure(one, name, said.error, scrub)
        elif one.queries is not None or _short(said.rule) not in excused.get(said.package, ()):
            yield from _results(one, said, (name, note, level), scrub)


def _policies(
    one: PolicySet, answer: Answer, notes: Sequence[Annotation]
) -> Iterator[tuple[Said, Note, Level]]:
    """Each rule that may object, with what it says of itself and how much it weighs."""
    levels = {(q.package, q.rule): q.level for q in one.queries or ()}
    for said in answer.rules:
        note = regonotes.note(notes, said.package, said.rule)
        level = levels.get((said.package, said.rule)) or note.level or one.level
        if one.queries is None and said.rule == EXCEPTION and not said.error:
            continue
        warns = one.queries is None and said.rule.partition("_")[0] in WARNS
        yield said, note, Level.ADVISORY if warns else level


def _excused(said: Said) -> frozenset[str]:
    """Rules that `exception` takes out, by what follows `deny_`; conftest's `exception[_][_]`."""
    lists = [each for value in said.values for each in _items(value)]
    return frozenset(name for each in lists for name in _items(each) if isinstance(name, str))


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, Mapping) else ()


def _short(rule: str) -> str:
    return rule.partition("_")[2]


def _called(one: PolicySet, said: Said) -> str:
    for query in one.queries or ():
        if (query.package, query.rule) == (said.package, said.rule):
            return query.name
    return f"{said.package}.{said.rule}"


def _results(
    one: PolicySet, said: Said, policy: tuple[str, Note, Level], scrub: Callable[[str], str]
) -> Iterator[Result]:
    if not said.values:
        if one.queries is not None:
            yield _failure(one, policy[0], "its query has no result", scrub)
        return
    name, note, level = policy
    for message, extra in _messages(said.values[0], note.title or name):
        if message is None:
            yield _failure(one, name, "it says what is no message, list or object", scrub)
            continue
        yield Result(
            id=scrub(extra.get("id", name)),
            set=one.name,
            level=level,
            message=scrub(message)[:_LONGEST],
            where=scrub(next((extra[k] for k in _ADDRESS if k in extra), "")),
            mend=scrub(extra.get("remedy") or extra.get("mend") or note.remedy),
            severity=scrub(extra.get("severity", note.severity)),
            title=note.title,
        )


def _messages(value: Any, called: str) -> Iterator[tuple[str | None, Mapping[str, str]]]:
    """Each message of a rule's value, and the texts beside it; None for what cannot be one.

    A list holds messages; so do the keys of an object without `msg`, unless they are false.
    """
    if value is False or value is None:
        return
    if value is True:
        yield f"{called} holds", {}
    elif isinstance(value, str):
        yield value, {}
    elif isinstance(value, list):
        for each in value:
            yield from _messages(each, called) if each else [(None, {})]
    elif isinstance(value, dict) and (found := [value[k] for k in _TEXT if k in value]):
        yield str(found[0]), _texts(value)
    elif isinstance(value, dict):
        yield from ((str(key), {}) for key, holds in value.items() if holds is not False)
    else:
        yield None, {}


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    """What stands beside a message, or in its `metadata` or `details`."""
    inner = [v for k in ("details", "metadata") if isinstance(v := value.get(k), dict)]
    both = {k: v for each in (*inner, value) for k, v in each.items()}
    return {k: v for k, v in both.items() if isinstance(v, str)}


def _failure(one: PolicySet, name: str, why: str, scrub: Callable[[str], str]) -> Result:
    return Result(
        id=name,
        set=one.name,
        level=Level.HARD,
        message=scrub(f"it cannot be evaluated, and so denies: {why}")[:_LONGEST],
        mend="mend the policy; `dihedral policy check PLAN.json --policy DIR` tries it",
        failed=True,
    )


def _finding(result: Result) -> Finding:
    weight = "" if result.level is not Level.ADVISORY else " (advisory)"
    return Finding(f"{result.id}{weight}: {result.message}", result.where, result.mend)


def _reason(ruling: Ruling, found: Sequence[Result], versions: Mapping[str, str]) -> str:
    sets = ", ".join(f"{name}@{version[:12]}" for name, version in versions.items())
    against = list(dict.fromkeys(r.id for r in found if RULINGS[r.level] is ruling))
    if ruling is Ruling.ALLOW:
        told = f", {len(found)} advisory" if found else ""
        return f"passes {sets}{told}"
    more = f" and {len(against) - _NAMED} more" if len(against) > _NAMED else ""
    says = "asks for a person" if ruling is Ruling.ASK else "is against it"
    return f"{', '.join(against[:_NAMED])}{more} {says} ({sets})"

"""The `opa` program as the engine: each set in a process of its own, so that none sees another.

Versions  A file is read as Rego of today; where it cannot be, as that of before 1.0. Both may
          stand in one set, since a bundle says of each file how old it is.
Undefined What a builtin makes of a type that it does not take is undefined, as Rego has it. What
          fails otherwise (a division by zero, a CIDR that is none) denies, with the rule's name.
Whole     OPA compiles a set as a whole: a function that nobody knows fails all of its rules, and
          so does one that is forbidden.
Source    what the program says is in `ops.work.opa`; a module's syntax tree, as `rego.parse_module`
          and `opa parse` have it: openpolicyagent.org/docs/policy-reference/builtins/rego
"""

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import policy, regoinput
from dihedral.ops.rules.policy import Answer, Said
from dihedral.ops.rules.policyset import PolicySet, Shape
from dihedral.ops.rules.regoinput import KNOWN, PolicyInput
from dihedral.ops.work import opa
from dihedral.ops.work.opa import Error, Failed, Module, Place, Program, Test, Told
from dihedral.ops.work.rego import Asked, Limits, Trial

PARSED = "{f: m | t := input[f]; m := rego.parse_module(f, t)}"
ONCE = 400  # rules in one query: an argument has a limit
_TYPES = "eval_type_error"
Kind = TypeVar("Kind")
_NAMED = re.compile(r"\binput\s*(?:\.\s*(\w+)|\[\s*\"(\w+)\"\s*\])?")


@dataclass(frozen=True, slots=True)
class _Read:
    """What the program made of files: the rules of each, as package and name; those that are old;
    and why the others cannot be read."""

    rules: Mapping[str, Sequence[tuple[str, str]]]
    old: frozenset[str]
    broken: Mapping[str, str]


class Opa:
    """`rego.Engine`."""

    name = opa.NAME

    def __init__(self, path: str | None = None) -> None:
        """The program is looked for in `path`, else in PATH; again for each judgement."""
        self._path = path

    def version(self) -> str:
        try:
            with tempfile.TemporaryDirectory() as made:
                return Program(Limits(), Path(made), self._path).version()
        except Failed:
            return ""

    def begin(self, asked: Asked, limits: Limits) -> "Judging":
        return Judging(asked, limits, self._path)

    def tests(self, one: PolicySet, limits: Limits) -> tuple[Trial, ...]:
        with tempfile.TemporaryDirectory() as made:
            try:
                return _tests(Program(limits, Path(made), self._path), one)
            except (Failed, Invalid) as cause:
                raise Invalid(f"the tests of {one.name} cannot be run: {cause}") from cause


class Judging:
    """`rego.Judging`: it begins when all is told, and nothing of it stays."""

    def __init__(self, asked: Asked, limits: Limits, path: str | None) -> None:
        self._asked, self._limits, self._path = asked, limits, path
        self._found: Mapping[str, Any] = {}

    def tell(self, found: Mapping[str, Any]) -> None:
        self._found = found

    def answers(self) -> tuple[Answer, ...]:
        with tempfile.TemporaryDirectory() as made:
            try:
                program = Program(self._limits, Path(made), self._path)
                bounds = f"--capabilities={program.bounded()}"
                read = _read(program, self._asked.sets)
            except Failed as why:
                return tuple(Answer(one.name, error=str(why)) for one in self._asked.sets)
            context = {**self._asked.input.known(), **self._found}
            plan = _Plan(self._asked.input, context)
            return tuple(
                _answer(_Set(program, self._asked, one, bounds), plan, read)
                for one in self._asked.sets
            )

    def close(self) -> None:
        """Nothing is left."""


class _Plan:
    """The input, in the shape that a set reads it in."""

    def __init__(self, input: PolicyInput, context: Mapping[str, Any]) -> None:
        self._plan = msgspec.json.decode(input.plan or b"{}", type=dict[str, msgspec.Raw])
        self._context = {k: msgspec.Raw(json.dumps(v).encode()) for k, v in context.items()}

    def document(self, one: PolicySet) -> bytes:
        """Also the other shape's keys, where the set names them: what is asked for is there."""
        named = {a or b for text in one.rego.values() for a, b in _NAMED.findall(text)} - {""}
        flat = one.shape is not Shape.HCP or bool(named - {"plan", *KNOWN, *regoinput.FOUND})
        deep = one.shape is not Shape.CONFTEST or "plan" in named
        return msgspec.json.encode(
            {**(self._plan if flat else {}), **({"plan": self._plan} if deep else {}),
             **self._context}
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Set:
    program: Program
    asked: Asked
    one: PolicySet
    bounds: str

    def evaluated(self, rules: Sequence[tuple[str, str]], given: bytes, bundle: Path) -> Told:
        parts = ",\n".join(f"[x | x := {_path(package, rule)}]" for package, rule in rules)
        words = (f"--bundle={bundle}", self.bounds)
        return self.program.evaluated(f"[{parts}]", given, *words)


def _answer(it: _Set, plan: _Plan, read: _Read) -> Answer:
    began, one = time.perf_counter(), it.one
    try:
        if broken := [why for name, why in read.broken.items() if name in _named(one)]:
            raise Failed(f"it cannot be read: {broken[0]}")
        bundle = it.program.fresh()
        old = [name for name in one.rego if f"{one.name}/{name}" in read.old]
        names = opa.bundle(bundle, one.rego, old, it.asked.data_of(one))
        wanted = list(_wanted(one, read))
        given = plan.document(one)
        said: list[Said] = []
        for at in range(0, len(wanted), ONCE):
            said += _said(it, wanted[at : at + ONCE], given, (bundle, names))
        return Answer(one.name, tuple(said), seconds=time.perf_counter() - began)
    except (Failed, Invalid) as why:
        return Answer(one.name, error=str(why), seconds=time.perf_counter() - began)


def _said(
    it: _Set,
    rules: Sequence[tuple[str, str]],
    given: bytes,
    at: tuple[Path, Mapping[str, str]],
) -> Iterator[Said]:
    """All in one query; if that fails, one by one, so that the guilty one is named."""
    found = it.evaluated(rules, given, at[0])
    why = _why(found, at[1])
    if not why:
        values = found.value()
        if not isinstance(values, list) or len(values) != len(rules):
            raise Failed("it did not answer all that was asked")
        for (package, rule), value in zip(rules, values, strict=True):
            yield Said(package=package, rule=rule, values=tuple(value))
    elif _compiles_not(found):
        raise Failed(why)
    elif len(rules) == 1:
        yield Said(package=rules[0][0], rule=rules[0][1], error=why)
    else:
        for each in rules:
            yield from _said(it, [each], given, at)


def _why(found: Told, names: Mapping[str, str]) -> str:
    """The error that counts, with its place; empty where there is none."""
    answered = found.result is not None
    errors = [error for error in found.errors if error.code != _TYPES or not answered]
    if not errors:
        return "" if answered else "it did not answer"
    place = errors[0].location or Place()
    file = names.get(place.file.rpartition("/")[2])
    where = f"{file}:{place.row}:{place.col}: " if file else ""
    return where + _text(errors[0], names)


def _text(error: Error, names: Mapping[str, str]) -> str:
    said = " ".join(error.message.split())[:500]
    said = re.sub(r"^loading error: bundle \S+: \d+ errors? occurred: ", "", said)
    return re.sub(r"\b(?:set\d+/)?(f\d+\.rego)\b", lambda m: names.get(m[1], m[0]), said)


def _compiles_not(found: Told) -> bool:
    return any(not error.code.startswith("eval_") for error in found.errors)


def _named(one: PolicySet) -> list[str]:
    return [f"{one.name}/{file}" for file in one.rego]


def _wanted(one: PolicySet, read: _Read) -> Iterator[tuple[str, str]]:
    """The rules that are asked, as the embedded engine has them."""
    if one.queries is not None:
        yield from ((q.package, q.rule) for q in one.queries)
        return
    found = {rule for name in _named(one) for rule in read.rules[name]}
    yield from sorted(rule for rule in found if _speaks(rule[1]))


def _speaks(name: str) -> bool:
    return any(name == word or name.startswith(f"{word}_") for word in policy.ASKED)


def _path(package: str, rule: str) -> str:
    """`data.a.b.rule`, with what is no plain word in brackets."""
    parts = [*package.split("."), rule]
    return "data" + "".join(f".{p}" if p.isidentifier() else f"[{json.dumps(p)}]" for p in parts)


def _read(program: Program, sets: Sequence[PolicySet]) -> _Read:
    """Every file of all sets; those of today in one go. Raises Failed."""
    texts = {f"{one.name}/{name}": text for one in sets for name, text in one.rego.items()}
    found = program.evaluated(PARSED, json.dumps(texts).encode())
    trees = _converted(found.value(), dict[str, Module])
    old, broken = set(), {}
    for name in texts.keys() - trees.keys():
        try:
            trees[name] = program.parsed(texts[name])
            old.add(name)
        except Failed as why:
            newer = "import rego.v1" in texts[name] or "{" not in texts[name]
            broken[name] = _error(found, name) if newer else str(why)
    rules = {name: list(_rules(tree)) for name, tree in trees.items()}
    return _Read(rules, frozenset(old), broken)


def _converted(value: Any, kind: type[Kind]) -> Kind:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as cause:
        raise Failed(f"it does not speak as OPA does: {cause}") from None


def _error(found: Told, name: str) -> str:
    """What is said of this file."""
    lines = [line for e in found.errors for line in e.message.splitlines() if name in line]
    return (lines or ["no reason is given"])[0][:500]


def _rules(tree: Module) -> Iterator[tuple[str, str]]:
    """The package and the first word of each rule that is no function."""
    package = ".".join(str(part.value) for part in tree.package.path[1:])
    for rule in tree.rules or ():
        if rule.head.args is None:
            yield package, str(rule.head.ref[0].value) if rule.head.ref else rule.head.name


def _tests(program: Program, one: PolicySet) -> tuple[Trial, ...]:
    whole = PolicySet(name=one.name, rego={**one.rego, **one.tests})
    bounds = f"--capabilities={program.bounded()}"
    read = _read(program, (whole,))
    if read.broken:
        raise Failed(next(iter(read.broken.values())))
    old = [name for name in whole.rego if f"{one.name}/{name}" in read.old]
    bundle = program.fresh()
    names = opa.bundle(bundle, whole.rego, old, one.data)
    found = program.tested("--bundle", bounds, str(bundle))
    told = sorted(found, key=lambda test: (names.get(test.location.file, ""), test.location.row))
    return tuple(_trial(one.name, test, names) for test in told)


def _trial(set_: str, test: Test, names: Mapping[str, str]) -> Trial:
    place, error = test.location, test.error
    return Trial(
        set=set_,
        name=f"{test.package}.{test.name}",
        at=f"{names.get(place.file.rpartition('/')[2], place.file)}:{place.row}",
        passed=not (test.fail or test.skip or error),
        seconds=test.duration / 1e9,
        error=_text(error, names) if error else "it is skipped" if test.skip else "",
    )

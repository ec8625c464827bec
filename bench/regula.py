"""Regula's own cases through our evaluator: its rules and its library, as they are.

    python -m bench.regula RULES VERDICTS.csv --lib LIB

RULES and LIB are directories of Rego; the CSV has rule_package, kind, resource, expected and
input_plan, a path below RULES' parent or the CSV's own directory. Prints agree, disagree, cannot.
"""

import argparse
import csv
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.ops.rules.policy import Answer
from dihedral.ops.rules.policyset import Level, PolicySet, Query, Shape
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.work import rego, regoreader
from dihedral.ops.work.rego import Asked, Limits
from dihedral.ops.work.regoembedded import Embedded

RUNNER = ("regula.rego", "check_report.rego", "tests.rego")  # it asks data[x]: all, itself too
LIMITS = Limits(seconds=300.0)
Rows = Iterable[Mapping[str, str]]


def sources(*tops: Path) -> dict[str, str]:
    found = (p for top in tops for p in sorted(top.rglob("*.rego")) if "_test" not in p.stem)
    return {str(path): path.read_text("utf-8") for path in found if path.name not in RUNNER}


def readable(files: Mapping[str, str]) -> dict[str, str]:
    """Those that the engine can read; it says why of the others."""
    kept = {}
    for name, text in files.items():
        try:
            regoreader.Parsed({name: text})
            kept[name] = text
        except Invalid as why:
            print(f"left out: {why}")
    return kept


def glue(package: str, kind: str) -> str:
    """What regula's runner does for one rule, with the rule's name written out."""
    simple = f"""
judged[j] {{
  resource := data.fugue.resource_view.resource_view[_]
  resource._type == data.{package}.resource_type
  allows := [a | a := data.{package}.allow with input as resource]
  denies := [d | d := data.{package}.deny with input as resource]
  j := {{"id": resource.id, "allows": allows, "denies": denies}}
}}
"""
    advanced = f"""
judged[j] {{
  policies := data.{package}.policy with input as data.fugue.resource_view.resource_view_input
  j := policies[_]
}}
"""
    return f"package bench.glue.{package}\n{simple if kind == 'simple' else advanced}"


def answers(files: Mapping[str, str], queries: tuple[Query, ...], plan: bytes) -> Answer:
    one = PolicySet(name="regula", rego=files, queries=queries, shape=Shape.CONFTEST)
    asked = Asked(sets=(one,), input=PolicyInput(plan=plan))
    return rego.answers(Embedded(), asked, LIMITS)[0]


def run(rules: Path, verdicts: Path, lib: Path) -> None:
    rows = list(csv.DictReader(verdicts.open()))
    files = readable(sources(lib, rules))
    print(f"{len(files)} files of Rego, {len(rows)} verdicts")
    count = {"agree": 0, "disagree": 0, "cannot": 0}
    began = time.perf_counter()
    for path in sorted({row["input_plan"] for row in rows}):
        here = [row for row in rows if row["input_plan"] == path]
        plan = (verdicts.parent / path).read_bytes()
        for row, found, why in judged(files, here, plan):
            state = "cannot" if not found else "agree" if found == row["expected"] else "disagree"
            count[state] += 1
            if state != "agree":
                print(f"{state}: {row['rule_package']} {row['resource']}: {found or why}")
    print(count, f"{time.perf_counter() - began:.1f} s")


def judged(
    files: Mapping[str, str], rows: Sequence[Mapping[str, str]], plan: bytes
) -> Iterable[tuple[Mapping[str, str], str, str]]:
    """Each row with what we found (allow, deny or nothing), and why nothing."""
    packages = {row["rule_package"]: row["kind"] for row in rows}
    glued = {f"{p}.rego": glue(p, kind) for p, kind in packages.items()}
    queries = tuple(Query(p, f"bench.glue.{p}", "judged", Level.HARD) for p in packages)
    told = answers({**files, **glued}, queries, plan)
    said = {rule.package.removeprefix("bench.glue."): rule for rule in told.rules}
    for row in rows:
        rule = said.get(row["rule_package"])
        values = rule.values[0] if rule and rule.values else []
        by = {str(j["id"]): _valid(j) for j in values}
        why = told.error or (rule.error if rule else "") or "no result for it"
        yield row, _word(by.get(row["resource"])), why


def _valid(judged: Mapping[str, Any]) -> bool:
    """Regula's rule of rules: `policy` judges itself, `deny` may be a set, else `allow` counts."""
    if "valid" in judged:
        return bool(judged["valid"])
    allows, denies = judged["allows"], judged["denies"]
    refused = any(d if not isinstance(d, list) else len(d) > 0 for d in denies)
    return all(allows) and not refused and bool(allows or denies)


def _word(valid: object) -> str:
    return "" if valid is None else "allow" if valid is True else "deny"


if __name__ == "__main__":
    reader = argparse.ArgumentParser()
    reader.add_argument("rules", type=Path)
    reader.add_argument("verdicts", type=Path)
    reader.add_argument("--lib", type=Path, required=True)
    given = reader.parse_args()
    run(given.rules, given.verdicts, given.lib)

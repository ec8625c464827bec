"""Our starter policies against another scanner's verdicts on the same plans.

`python -m bench.policies ORACLE.csv PLANS_DIR`, where ORACLE.csv has the columns plan, resource,
check_id, result (FAILED, PASSED), check_name, and `plan` is a path below PLANS_DIR. For each check
that one of our policies covers it prints how often both find fault, both find none, only we do,
only the other does, and how often we do not judge since the plan does not change the resource.
"""

import argparse
import csv
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import regorus

from dihedral.policies import catalogue
from dihedral.policies.catalogue import Policy

AWS = catalogue.HOME / "aws"
BOTH, NEITHER, OURS, THEIRS, UNJUDGED = "both fault", "both fine", "only we", "only it", "unjudged"
COLUMNS = (BOTH, NEITHER, OURS, THEIRS, UNJUDGED)

# Types whose policies the bench asks for keys of your own: without that the policy is silent.
OWN_KEYS = (
    "aws_cloudwatch_log_group", "aws_sns_topic", "aws_dynamodb_table", "aws_ecr_repository",
    "aws_secretsmanager_secret", "aws_ebs_volume", "aws_cloudtrail",
)  # fmt: skip

Row = Mapping[str, str]
Findings = Mapping[str, frozenset[str]]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("oracle", type=Path)
    words.add_argument("plans", type=Path)
    words.add_argument("--show", action="store_true", help="name every disagreement")
    given = words.parse_args()
    with given.oracle.open() as file:
        rows = list(csv.DictReader(file))
    policies = catalogue.read(AWS)
    judge = Judge(policies)
    plans = {name: judge.read(given.plans / name) for name in sorted({r["plan"] for r in rows})}
    counted, odd = compare(rows, policies, plans)
    report(rows, policies, counted)
    print(f"\n{len(plans)} plans, {judge.busy:.2f} s CPU in all")
    if given.show:
        print("\n".join(odd))


class Judge:
    """The set, loaded once; `busy` is the CPU time of all evaluations, in seconds."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.busy = 0.0
        self._asked = [(p.id, f"{p.package}.{rule}") for p in policies for rule in p.rules]
        self._engine = regorus.Engine()
        for file in catalogue.sources(AWS):
            self._engine.add_policy(str(file), file.read_text())
        data = catalogue.settings(AWS)
        data["settings"]["own_keys"] = list(OWN_KEYS)
        self._engine.add_data(data)

    def read(self, file: Path) -> tuple[frozenset[str], Findings]:
        """The addresses that the plan changes, and where each policy finds fault."""
        plan = json.loads(file.read_text())
        changed = frozenset(
            _plain(change["address"])
            for change in plan.get("resource_changes", [])
            if set(change["change"]["actions"]) & {"create", "update"}
        )
        return changed, self._find(plan)

    def _find(self, plan: Any) -> Findings:
        began = time.process_time()
        self._engine.set_input_json(json.dumps({"plan": plan}))
        query = "[" + ",\n".join(rule for _, rule in self._asked) + "]"
        answer = json.loads(self._engine.eval_query_as_json(query))
        self.busy += time.process_time() - began
        found: dict[str, set[str]] = defaultdict(set)
        values = answer["result"][0]["expressions"][0]["value"]
        for (name, _), members in zip(self._asked, values, strict=True):
            found[name] |= {_plain(member["address"]) for member in members}
        return {name: frozenset(at) for name, at in found.items()}


def compare(
    rows: Iterable[Row],
    policies: Sequence[Policy],
    plans: Mapping[str, tuple[frozenset[str], Findings]],
) -> tuple[dict[str, Counter[str]], list[str]]:
    covering: dict[str, list[str]] = defaultdict(list)
    for policy in policies:
        for check in policy.checkov:
            covering[check].append(policy.id)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    odd = []
    for row in rows:
        if row["check_id"] not in covering:
            continue
        ours = covering[row["check_id"]]
        changed, found = plans[row["plan"]]
        where = _plain(row["resource"])
        faulty = any(where in found[name] for name in ours)
        kind = outcome(faulty, where in changed, row["result"] == "FAILED")
        counted[row["check_id"]][kind] += 1
        if kind in (OURS, THEIRS):
            who = ", ".join(ours)
            odd.append(f"{kind}: {row['check_id']} ({who}) {where} in {row['plan']}")
    return counted, odd


def outcome(ours: bool, judged: bool, theirs: bool) -> str:
    if not ours and not judged:
        return UNJUDGED
    return {
        (True, True): BOTH, (False, False): NEITHER, (True, False): OURS, (False, True): THEIRS,
    }[ours, theirs]  # fmt: skip


def report(
    rows: Sequence[Row], policies: Sequence[Policy], counted: Mapping[str, Counter[str]]
) -> None:
    names = {row["check_id"]: row["check_name"] for row in rows}
    by = {check: policy.id for policy in reversed(policies) for check in policy.checkov}
    print(f"{'':32}" + "".join(f"{column:>12}" for column in COLUMNS))
    for check in sorted(counted, key=lambda one: (by[one], one)):
        figures = "".join(f"{counted[check][column]:12}" for column in COLUMNS)
        print(f"{by[check]:16}{check:16}{figures}  {names[check][:60]}")
    total: Counter[str] = Counter()
    for counts in counted.values():
        total.update(counts)
    print(f"{'all':32}" + "".join(f"{total[column]:12}" for column in COLUMNS))
    left(rows, set(counted))


def left(rows: Sequence[Row], covered: set[str]) -> None:
    """The checks for AWS that no policy of ours covers, those that fail most first."""
    names = {r["check_id"]: r["check_name"] for r in rows if "_AWS_" in r["check_id"]}
    failed = Counter(row["check_id"] for row in rows if row["result"] == "FAILED")
    missing = sorted(names.keys() - covered, key=lambda check: (-failed[check], check))
    print(
        f"\n{len(names)} checks for AWS, {len(covered)} covered, {len(missing)} not; most failed:"
    )
    for check in missing[:20]:
        print(f"{failed[check]:6}  {check:14}  {names[check]}")


def _plain(address: str) -> str:
    return re.sub(r'\[("[^"]*"|[^\]]*)\]', "", address)


if __name__ == "__main__":
    main()

"""Infracost in the place of the price book: a program of ours that speaks as it does."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.cost import Cost
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import cost
from dihedral.ops.rules.limits import Limits
from dihedral.ops.work import infracost, workspaces
from dihedral.ops.work.infracost import Infracost
from tests.ops import plans
from tests.ops.conftest import ADA, World
from tests.ops.plans import change
from tests.ops.test_simulated import BUCKET

pytestmark = pytest.mark.anyio

# what it writes, and how: it must be asked as the real one is
PROGRAM = """#!{python}
import json, os, sys, time
words = sys.argv[1:]
assert words[0] == "breakdown" and words[words.index("--format") + 1] == "json", words
plan = json.load(open(words[words.index("--path") + 1]))
assert os.environ["INFRACOST_API_KEY"] == "ico-1" and "SECRET" not in os.environ
{act}
"""
ANSWER = """
def side(name):
    found = []
    for change in plan["resource_changes"]:
        values = change["change"][name]
        if values is None or change["type"] not in ("aws_instance", "aws_s3_bucket"):
            continue
        disk = {"name": "root", "costComponents": [{"name": "Storage", "monthlyCost": "0.8"}]}
        whole = {"name": change["address"], "monthlyCost": values.get("cost")}
        parts = [{"name": "Instance usage", "monthlyCost": values.get("cost")}]
        found.append({**whole, "costComponents": parts, "subresources": [disk]})
    return {"resources": found}
counts = {"unsupportedResourceCounts": {"aws_odd": 1}, "noPriceResourceCounts": {"aws_vpc": 1}}
one = {"name": "p", "pastBreakdown": side("before"), "breakdown": side("after")}
print(json.dumps({"version": "0.2", "currency": "USD", "projects": [one], "summary": counts}))
"""


def tool(folder: Path, act: str, seconds: float = 20.0) -> Infracost:
    path = folder / "infracost"
    path.write_text(PROGRAM.replace("{python}", sys.executable).replace("{act}", act))
    path.chmod(0o755)
    env = infracost.configured({"INFRACOST_API_KEY": "ico-1", "SECRET": "no", "PATH": "/bin"}).env
    return Infracost(str(path), env, seconds)


async def estimate(given: Infracost, *changes: dict[str, Any]) -> Cost:
    text = plans.text(plans.document(*changes))
    return await infracost.estimate(given, text, plans.read(*changes))


async def test_its_answer_is_ours(tmp_path: Path) -> None:
    found = await estimate(
        tool(tmp_path, ANSWER),
        change("aws_instance.a", "update", before={"cost": "10"}, after={"cost": "30.5"}),
        change("aws_instance.b", "no-op", before={"cost": "5"}, after={"cost": "5"}),
        change("aws_vpc.v", "create", after={}),
    )
    assert cost.line(found) == "+20.50 USD/month"
    assert found.before and found.after
    assert (str(found.before.amount), str(found.after.amount)) == ("16.6", "37.1")
    assert [(c.what, str(c.after.likely)) for c in found.priced[0].components] == [
        ("Instance usage", "30.5"),
        ("root: Storage", "0.8"),
    ]
    assert [u.type for u in found.free] == ["aws_vpc"]
    assert found.estimator == "infracost"


async def test_what_it_does_not_know_is_not_nothing(tmp_path: Path) -> None:
    found = await estimate(
        tool(tmp_path, ANSWER),
        change("aws_odd.o", "create", after={}),
        change("aws_s3_bucket.b", "create", after={}),
    )
    assert [(u.address, u.why) for u in found.unpriced] == [
        ("aws_odd.o", "infracost does not support it"),
        ("aws_s3_bucket.b", "infracost was not told how much is used: Instance usage"),
    ]
    assert cost.judge(found, Limits()).ruling is Ruling.ASK


FAILING = [
    ("sys.exit('no price server')", "no price server"),
    ("print('{}')", "cannot be read"),
    ("print('<html>')", "cannot be read"),
    ("", "cannot be read"),
    ("time.sleep(60)", "took too long"),
]


@pytest.mark.parametrize(("act", "why"), FAILING)
async def test_where_it_fails_the_cost_is_not_known_and_a_person_is_asked(
    tmp_path: Path, act: str, why: str
) -> None:
    made = change("aws_instance.a", "create", after={"cost": "1"})
    found = await estimate(tool(tmp_path, act, seconds=2.0 if "sleep" in act else 20.0), made)
    assert (found.likely, found.after) == (None, None)
    assert why in found.unpriced[0].why
    assert cost.judge(found, Limits()).ruling is Ruling.ASK


async def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    made = change("aws_instance.a", "create", after={})
    found = await estimate(Infracost(str(tmp_path / "none"), {}), made)
    assert "cannot be started" in found.unpriced[0].why


async def test_a_run_is_priced_by_it_where_it_is_set(world: World, tmp_path: Path) -> None:
    ops = replace(world.ops, infracost=tool(tmp_path, ANSWER))
    ours = replace(world, ops=ops, worker=replace(world.worker, ops=ops))
    space = await workspaces.add(ours.ops, ADA, "cloud")
    run = await ours.propose(BUCKET, workspace=space)
    assert run.numbers["cost"]["estimator"] == "infracost"
    assert json.dumps(run.numbers["cost"]["unpriced"]).count("aws_s3_bucket.b") == 1

"""What is lost, how sure that is, how a plan is taken back, and which level that makes."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.change import Level
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import blast, levels, numbers, reversible
from dihedral.ops.rules.blast import Around, Blast
from dihedral.ops.rules.levels import BY_TIER
from dihedral.ops.rules.limits import TIERS, Limits
from dihedral.ops.rules.losses import Sure
from dihedral.ops.rules.reversible import Ease
from tests.ops import plans
from tests.ops.plans import change

Json = dict[str, Any]
WHOLE = Limits(share=1.0)


def gone(kind: str, **before: Any) -> Blast:
    return blast.measure(plans.read(change(f"{kind}.a", "delete", before=before)))


# fmt: off
GONE: list[tuple[str, Json, Sure, Ease, Level]] = [
    ("aws_db_instance", {"skip_final_snapshot": True}, Sure.SURELY, Ease.NO, Level.CRITICAL),
    ("aws_db_instance", {"skip_final_snapshot": False}, Sure.SURELY, Ease.EFFORT, Level.WIDE),
    ("aws_db_instance", {}, Sure.SURELY, Ease.NO, Level.CRITICAL),
    ("aws_s3_bucket", {"force_destroy": False}, Sure.EMPTY, Ease.EFFORT, Level.LIMITED),
    ("aws_s3_bucket", {"force_destroy": True}, Sure.SURELY, Ease.NO, Level.CRITICAL),
    ("aws_dynamodb_table", {}, Sure.SURELY, Ease.NO, Level.CRITICAL),
    ("aws_dynamodb_table", {"point_in_time_recovery": [{"enabled": True}]},
        Sure.SURELY, Ease.EFFORT, Level.WIDE),
    ("aws_kms_key", {"deletion_window_in_days": 7}, Sure.SURELY, Ease.EFFORT, Level.WIDE),
    ("aws_secretsmanager_secret", {"recovery_window_in_days": 0},
        Sure.SURELY, Ease.NO, Level.CRITICAL),
    ("aws_secretsmanager_secret", {"recovery_window_in_days": 30},
        Sure.SURELY, Ease.EFFORT, Level.WIDE),
    ("aws_ebs_volume", {"final_snapshot": True}, Sure.SURELY, Ease.EFFORT, Level.WIDE),
    ("aws_instance", {}, Sure.PROBABLY, Ease.NO, Level.WIDE),
    ("aws_cloudwatch_log_group", {"skip_destroy": True}, Sure.EMPTY, Ease.EFFORT, Level.LIMITED),
    ("aws_rds_cluster_instance", {}, Sure.PROBABLY, Ease.EFFORT, Level.WIDE),
]
# fmt: on


@pytest.mark.parametrize(("kind", "before", "sure", "ease", "level"), GONE, ids=str)
def test_what_goes_with_what_holds_data(
    kind: str, before: Json, sure: Sure, ease: Ease, level: Level
) -> None:
    found = gone(kind, **before)
    assert (found.losses[f"{kind}.a"].sure, found.ease, found.level) == (sure, ease, level)
    assert blast.judge(found, WHOLE).approvers == 2
    surely = sure is Sure.SURELY and ease is Ease.NO
    assert ("irreversible" in found.does) is surely


def test_what_protects_it_is_said() -> None:
    found = gone("aws_db_instance", deletion_protection=True, skip_final_snapshot=True)
    assert found.losses["aws_db_instance.a"].held == (
        "its provider refuses while deletion_protection is on"
    )


# fmt: off
WAYS: list[tuple[str, str, Json, Json, Ease]] = [
    ("aws_vpc", "create", {}, {"a": 1}, Ease.YES),
    ("aws_vpc", "update", {"a": 1}, {"a": 2}, Ease.YES),
    ("aws_vpc", "forget", {"a": 1}, {}, Ease.YES),
    ("aws_vpc", "delete", {"a": 1}, {}, Ease.EFFORT),
    ("aws_eip", "delete", {"a": 1}, {}, Ease.NO),
    ("aws_db_instance", "update", {"allocated_storage": 10}, {"allocated_storage": 20},
        Ease.EFFORT),
    ("aws_db_instance", "update", {"port": 1}, {"port": 2}, Ease.YES),
    ("aws_s3_bucket_object_lock_configuration", "create", {}, {"a": 1}, Ease.NO),
]
# fmt: on


@pytest.mark.parametrize(("kind", "action", "before", "after", "ease"), WAYS, ids=str)
def test_how_a_change_is_taken_back(
    kind: str, action: str, before: Json, after: Json, ease: Ease
) -> None:
    found = blast.measure(plans.read(change(f"{kind}.a", action, before=before, after=after)))
    assert found.ease is ease
    assert all(way.why for way in found.back.values())
    assert ("irreversible" in found.does) is (ease is Ease.NO)


def test_outputs_that_others_read_are_named_when_they_change() -> None:
    moved = {"url": {"actions": ["update"], "before": "a", "after": "b"}}
    plan = plans.read(output_changes=moved)
    found = blast.measure(plan, Around(elsewhere={"url": ("shop", "web"), "other": ("x",)}))
    assert found.does["elsewhere"] == ("output.url (by shop, web)",)
    assert found.level is Level.WIDE
    assert blast.measure(plan).does == {}
    every = blast.measure(plan, Around(elsewhere={"url": ("shop",), "*": ("all",)}))
    assert every.elsewhere == {"url": ("all", "shop")}
    unknown = {"url": {"actions": ["update"], "before": "a", "after_unknown": True}}
    found = blast.measure(plans.read(output_changes=unknown), Around(elsewhere={"*": ("all",)}))
    assert found.does["elsewhere"] == ("output.url (by all)",)


def test_the_level_leads_the_line_and_the_document() -> None:
    found = gone("aws_db_instance", skip_final_snapshot=True)
    assert blast.line(found).startswith("critical: 1 of 1 resources, loses data of 1")
    shown = numbers.show_risk(found)
    assert next(iter(shown)) == "level"
    assert shown["level"] == "critical"
    assert shown["back"] == [
        {
            "where": "aws_db_instance.a",
            "reversible": "no",
            "why": "its data goes with it, and nothing is kept",
        }
    ]


def test_long_lists_are_cut_and_counted() -> None:
    many = [change(f"aws_vpc.v{n}", "create", after={}) for n in range(numbers.LISTED + 5)]
    shown = numbers.show_risk(blast.measure(plans.read(*many)))
    assert len(shown["does"]["create"]) == numbers.LISTED
    assert shown["counts"]["create"] == numbers.LISTED + 5


def test_every_finding_names_the_term_behind_it() -> None:
    found = blast.judge(gone("aws_db_instance"), WHOLE)
    terms = {finding.term for finding in found.findings}
    assert terms == {"tiers.delete", "tiers.lost", "tiers.irreversible", "tiers.critical"}
    assert all(f.mend for f in found.findings if f.term in ("tiers.lost", "tiers.irreversible"))


def test_what_the_tables_name_is_a_tier() -> None:
    assert set(BY_TIER) <= set(TIERS)
    assert set(blast.MEND) <= set(TIERS)


DOES = st.dictionaries(st.sampled_from(sorted(TIERS)), st.just(("a.b",)), max_size=6)
COUNTS = st.fixed_dictionaries({n: st.integers(0, 600) for n in ("touched", "gone", "felt")})


@given(DOES, DOES, COUNTS, COUNTS)
def test_more_never_has_a_lower_level(
    one: dict[str, tuple[str, ...]], two: dict[str, tuple[str, ...]], few: Json, more: Json
) -> None:
    low = levels.of(levels.reasons(one, few, 0, 0))
    most = {name: max(few[name], more[name]) for name in few}
    high = levels.of(levels.reasons({**one, **two}, most, 0, 0))
    assert levels.ORDER.index(low) <= levels.ORDER.index(high)


def test_ten_thousand_resources_are_measured_in_a_moment() -> None:
    kinds = ("aws_security_group", "aws_iam_role_policy", "aws_s3_bucket", "aws_db_instance")
    rule = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}
    said = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    held = {"ingress": [rule], "policy": said, "name": "a"}
    many = [
        change(f"{kinds[n % 4]}.r{n}", "update", before=held, after={**held, "name": "b"})
        for n in range(10_000)
    ]
    plan = plans.read(*many)
    began = time.process_time()
    found = blast.measure(plan)
    spent = time.process_time() - began
    assert (found.touched, found.level) == (10_000, Level.CRITICAL)
    assert spent < 2.0  # a fifth of that on a machine that does nothing else
    assert blast.judge(found, WHOLE).ruling is Ruling.ASK


def test_worst_is_the_hardest_to_take_back() -> None:
    assert reversible.worst({}) is Ease.YES
    found = blast.measure(
        plans.read(
            change("aws_vpc.a", "create", after={}), change("aws_eip.b", "delete", before={"a": 1})
        )
    )
    assert found.ease is Ease.NO


def test_the_document_about_blast_radius_has_the_tables_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "blast.md").read_text("utf-8")
    told = re.findall(r"^\| .* \(`(\w+)`\) \| (\w+) \|$", page, re.MULTILINE)
    counts = [(name, level) for name, steps in levels.BY_COUNT.items() for _, level in steps]
    assert told == [*BY_TIER.items(), *counts]
    for steps in levels.BY_COUNT.values():
        assert all(f"{least} or more" in page for least, _ in steps)


TIDY = [{"status": "Enabled", "expiration": [{"days": 1}]}]


@pytest.mark.parametrize(
    ("rules", "before", "made", "said"),
    [
        (TIDY, [], False, 1),
        (TIDY, [], True, 0),  # nobody has put anything there yet
        (TIDY, TIDY, False, 0),
        ([{"status": "Disabled", "expiration": [{"days": 1}]}], [], False, 0),
        ([{"status": "Enabled", "expiration": [{"days": 0}]}], [], False, 0),
    ],
)
def test_a_rule_that_deletes_what_a_storage_holds_cannot_be_taken_back(
    rules: list[Json], before: list[Json], made: bool, said: int
) -> None:
    kind = "aws_s3_bucket_lifecycle_configuration.a"
    after = {"bucket": "invoices", "rule": rules}
    was = {"before": {"bucket": "invoices", "rule": before}}
    doing = [change(kind, "update", after=after, **was)]
    doing += [change("aws_s3_bucket.a", "create", after={"bucket": "invoices"})] if made else []
    found = blast.measure(plans.read(*doing))
    assert len(found.does.get("irreversible", ())) == said
    assert all("invoices holds after 1 days" in what for what in found.does.get("irreversible", ()))

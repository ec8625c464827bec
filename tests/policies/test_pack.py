"""The starter pack: its own tests, what it says of itself, and that an enemy does not get past."""

import re
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from dihedral.policies import catalogue
from dihedral.policies.catalogue import Policy
from tests.policies import rego

SETS = (rego.GENERAL, rego.AWS)
TESTS = [(directory, test) for directory in SETS for _, test in rego.tests_of(directory)]
POLICIES = [(directory, policy) for directory in SETS for policy in catalogue.read(directory)]
DOCS = Path(__file__).parents[2] / "docs" / "policy-pack.md"


@pytest.fixture(scope="module")
def engines() -> dict[Path, Any]:
    return {
        directory: rego.engine(directory, tests=rego.all_tests(directory)) for directory in SETS
    }


@pytest.mark.parametrize(("directory", "test"), TESTS, ids=[test for _, test in TESTS])
def test_each_test_of_the_pack_holds(engines: dict[Path, Any], directory: Path, test: str) -> None:
    made = engines[directory]
    made.set_input_json("{}")
    assert rego.holds(made, test)


def test_the_pack_is_as_large_as_promised() -> None:
    assert len(POLICIES) >= 40
    assert len(TESTS) >= 2 * len(POLICIES) - 20


@pytest.mark.parametrize(("directory", "policy"), POLICIES, ids=[p.id for _, p in POLICIES])
def test_a_policy_says_what_it_is(directory: Path, policy: Policy) -> None:
    kind = "GEN" if directory == rego.GENERAL else r"AWS-[A-Z0-9]+"
    assert re.fullmatch(rf"DH-{kind}-\d{{3}}", policy.id)
    assert policy.severity in ("low", "medium", "high", "critical")
    assert policy.level in ("advisory", "soft-mandatory", "hard-mandatory")
    assert "deny" in policy.rules
    assert policy.title and policy.why and policy.remedy and policy.unknown


def test_an_id_is_given_once() -> None:
    ids = [policy.id for _, policy in POLICIES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("directory", SETS, ids=[d.name for d in SETS])
def test_every_file_is_a_policy_a_library_or_a_test(directory: Path) -> None:
    libraries = {"lib.rego", "documents.rego", "ingress.rego"}
    policies = {f"{p.package.rsplit('.', 1)[1]}.rego" for d, p in POLICIES if d == directory}
    files = {file.name for file in catalogue.sources(directory)}
    assert policies == files - libraries


@pytest.mark.parametrize(("directory", "policy"), POLICIES, ids=[p.id for _, p in POLICIES])
def test_a_policy_that_says_nothing_fails_its_tests(directory: Path, policy: Policy) -> None:
    name = policy.package.rsplit(".", 1)[1]
    silent = "\n".join(f"{rule} contains x if {{ some x in [] }}" for rule in policy.rules)
    instead = {f"{name}.rego": f"package {policy.package.removeprefix('data.')}\n{silent}\n"}
    about = [f for f in rego.all_tests(directory) if _names(directory / f, policy.package)]
    made = rego.engine(directory, tests={*about, *_shared(directory)}, instead=instead)
    made.set_input_json("{}")
    here = [test for file, test in rego.tests_of(directory) if file in about]
    assert any(not rego.holds(made, test) for test in here)


def _shared(directory: Path) -> list[str]:
    """What the tests of a set share: plans to judge."""
    return [name for name in rego.all_tests(directory) if name == "testing_test.rego"]


def _names(file: Path, package: str) -> bool:
    return f"import {package}\n" in file.read_text()


def test_the_table_in_the_docs_is_what_the_files_say() -> None:
    said = DOCS.read_text()
    for directory in SETS:
        assert catalogue.table(catalogue.read(directory)) in said


def test_no_setting_is_read_that_is_not_there() -> None:
    for directory in SETS:
        read: set[str] = set()
        for file in catalogue.sources(directory):
            read |= set(re.findall(r'(?:setting|limit)\("([a-z_]+)"\)', file.read_text()))
        assert read == set(catalogue.settings(directory)["settings"])


def large(count: int) -> dict[str, Any]:
    """A plan of buckets, queues, rules and roles in equal parts."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("aws_s3_bucket", {"bucket": "b", "tags_all": {"Environment": "production"}}),
        ("aws_sqs_queue", {"name": "q", "sqs_managed_sse_enabled": True}),
        ("aws_vpc_security_group_ingress_rule", {"ip_protocol": "tcp", "from_port": 443,
            "to_port": 443, "cidr_ipv4": "10.0.0.0/16"}),
        ("aws_iam_role_policy", {"policy": '{"Statement": [{"Effect": "Allow", "Action": '
            '"s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}'}),
    ]  # fmt: skip
    changes = [
        {"address": f"{type_}.x[{i}]", "mode": "managed", "type": type_, "name": "x", "index": i,
         "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}}
        for i in range(count)
        for type_, after in [kinds[i % len(kinds)]]
    ]  # fmt: skip
    return {"resource_changes": changes, "configuration": {"root_module": {}}}


@pytest.mark.parametrize("directory", SETS, ids=[d.name for d in SETS])
def test_time_grows_with_the_plan_and_not_with_its_square(directory: Path) -> None:
    made, policies = rego.engine(directory), catalogue.read(directory)

    def busy(count: int) -> float:
        given = {"plan": large(count), "actor": {"kind": "agent"}}
        began = process_time()
        rego.judge(made, policies, given)
        return process_time() - began

    busy(100)
    assert busy(2000) < 9 * max(busy(500), 0.02)

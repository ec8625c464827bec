"""Every built-in blueprint, planned, applied and destroyed by the real Terraform."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.blueprint import Blueprint, SlotKind, Value
from dihedral.domain.change import Level
from dihedral.model.rules.draft import draft
from dihedral.model.work import blueprints
from dihedral.ops.rules import blast, owners
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.blast import Around
from dihedral.policies import catalogue
from dihedral.policies.catalogue import Policy
from tests.blueprints.conftest import Root
from tests.policies import rego

ALL = blueprints.load()
NEEDED: dict[str, Value] = {
    "name": "orders",
    "owner": "team-orders",
    "email": "orders@example.com",
    "amount": 500,
    "schedule": "rate(1 hour)",
}
REQUESTS = Path(__file__).parent / "requests.csv"
HAN = re.compile(r"[\u4e00-\u9fff]")


def values(blueprint: Blueprint, **more: Value) -> dict[str, Value]:
    needed = {s.variable: NEEDED[s.variable] for s in blueprint.slots if s.required}
    return {**needed, **more}


def prepare(root: Root, name: str, more: dict[str, Value], extra: str = "") -> None:
    """A root with one instance; `extra` are arguments that no request fills in."""
    files = dict(draft(ALL[name], values(ALL[name], **more), "eu-central-1", {}).files)
    files["orders.tf"] = files["orders.tf"].replace(b"\n}\n", f"\n{extra}}}\n".encode(), 1)
    root.write(files)
    root.done("init", "-backend=false")


def test_there_is_a_blueprint_for_each_thing_that_teams_ask_for() -> None:
    assert {
        "private-bucket", "static-site", "postgres", "queue", "topic", "table", "cache",
        "scheduled-function", "container-service", "network", "kubernetes-cluster",
        "virtual-machine", "container-registry", "secret", "budget-alarm", "log-alarm",
    } <= set(ALL)  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_a_blueprint_is_asked_for_in_four_languages(name: str) -> None:
    phrasings = ALL[name].phrasings
    assert sum(map(len, phrasings.values())) >= 40
    assert all(len(phrasings[language]) >= 5 for language in ("zh", "de", "es"))
    assert all(HAN.search(text) for text in phrasings["zh"])


def test_no_request_is_said_twice() -> None:
    said = [text.casefold() for text, _ in blueprints.lessons(ALL, blueprints.unsure())]
    assert len(said) == len(set(said))


def test_what_no_blueprint_answers_is_plenty() -> None:
    assert len(blueprints.unsure()) >= 120


@pytest.mark.parametrize("name", ALL)
def test_a_blueprint_takes_a_name_an_owner_and_a_place(name: str) -> None:
    kinds = {slot.kind for slot in ALL[name].slots}
    assert {SlotKind.NAME, SlotKind.OWNER, SlotKind.ENVIRONMENT, SlotKind.REGION} <= kinds
    assert all(slot.question.endswith("?") for slot in ALL[name].slots)


@pytest.mark.parametrize("name", ALL)
def test_a_module_leaves_the_provider_to_its_caller(name: str) -> None:
    source = b"\n".join(body for path, body in ALL[name].files.items() if path.endswith(".tf"))
    assert not re.search(rb'^(provider|provisioner|backend) "', source, re.MULTILINE)
    assert b'version = ">= 6.0"' in source


def test_modules_are_formatted(tmp_path: Path) -> None:
    for blueprint in ALL.values():
        Root(tmp_path, {}).write(blueprint.files)
    terraform = shutil.which("terraform")
    assert terraform is not None
    ran = subprocess.run(
        [terraform, "fmt", "-check", "-recursive"],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize("name", ["scheduled-function", "http-api"])
def test_a_placeholder_holds_what_stands_beside_it(name: str) -> None:
    files = ALL[name].files
    with zipfile.ZipFile(io.BytesIO(files[f"{name}/placeholder.zip"])) as packed:
        assert packed.namelist() == ["main.py"]
        assert packed.read("main.py") == files[f"{name}/placeholder.py.txt"]


@cache
def starter(directory: Path) -> tuple[Any, list[Policy]]:
    """A set of the starter pack, read once: an engine keeps nothing of what it was asked."""
    kept = [policy for policy in catalogue.read(directory) if policy.level != "advisory"]
    return rego.engine(directory), kept


def refused(plan: object) -> dict[str, object]:
    """What the starter policies deny or ask about when an agent proposes this."""
    found: dict[str, object] = {}
    for directory in (rego.GENERAL, rego.AWS):
        given = {"plan": plan, "actor": {"id": "agent", "kind": "agent"}, "request": None}
        found |= rego.judge(*starter(directory), given)
    return {rule: said for rule, said in found.items() if rule.endswith(" deny")}


@pytest.mark.parametrize("name", ALL)
def test_a_blueprint_is_made_once_and_goes_without_a_trace(name: str, root: Root) -> None:
    prepare(root, name, {})
    plan = root.plan()
    changes = plan["resource_changes"]
    text = json.dumps(plan).encode()
    risk = blast.measure(plans.decode(text), Around(own=owners.accounts(text)))
    assert risk.level in (Level.CONTAINED, Level.LIMITED), blast.line(risk)
    assert not risk.does.keys() & {"exposes", "admin", "crosses", "privilege", "irreversible"}
    assert {tuple(change["change"]["actions"]) for change in changes} <= {("create",), ("read",)}
    assert refused(plan) == {}
    assert any(change["change"]["actions"] == ["create"] for change in changes)
    root.done("apply", "plan.bin")
    root.done("plan", "-detailed-exitcode")
    root.done("destroy", "-auto-approve", "-refresh=false")
    assert json.loads((root.path / "terraform.tfstate").read_text())["resources"] == []


@pytest.mark.parametrize(
    ("name", "more", "extra"),
    [
        ("private-bucket", {"environment": "production"}, "delete_after_days = 400\n"),
        ("static-site", {}, 'domain = { name = "www.acme.example", zone_id = "Z0123456789" }\n'),
        ("postgres", {"environment": "production", "size": "large"}, ""),
        ("postgres", {"size": "medium"}, 'network = { vpc_id = "vpc-1", cidr = "10.0.0.0/16", '
            'private_subnet_ids = ["subnet-1", "subnet-2"] }\n'),
        ("queue", {}, "ordered = true\n"),
        ("topic", {"email": "ops@example.com"}, ""),
        ("table", {"environment": "production", "size": "large", "sort_key": "at"}, ""),
        ("cache", {"environment": "production"}, ""),
        ("cache", {"size": "large"}, ""),
        ("http-api", {"size": "large"}, "public = true\n"),
        ("container-service", {"environment": "production"},
            'certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"\n'),
        ("network", {"size": "large"}, ""),
        ("network", {}, 'internet = false\nprivate_services = ["ssm"]\n'),
        ("kubernetes-cluster", {"environment": "production"},
            'gpu_nodes = 0\npublic_access_cidrs = ["203.0.113.0/24"]\n'),
        ("virtual-machine", {"size": "large", "environment": "production"}, ""),
        ("budget-alarm", {}, 'tagged = "team 7"\n'),
        ("log-alarm", {"retention_days": 3653}, ""),
    ],
)  # fmt: skip
def test_another_choice_plans_too(
    name: str, more: dict[str, Value], extra: str, root: Root
) -> None:
    prepare(root, name, more, extra)
    plan = root.plan()
    actions = {tuple(change["change"]["actions"]) for change in plan["resource_changes"]}
    assert actions <= {("create",), ("read",)}
    assert refused(plan) == {}


@pytest.mark.parametrize(
    ("name", "more", "why"),
    [
        ("queue", {"retention_days": 99}, "A queue keeps messages for 1 to 14 whole days."),
        ("budget-alarm", {"email": "nobody"}, "The email is one address"),
        ("budget-alarm", {"amount": -5}, "more than 0 dollars"),
        ("scheduled-function", {"schedule": "now and then"}, "The schedule is rate(1 hour)"),
        ("network", {"cidr": "10.0.0.0/8"}, "from /16 to /22"),
        ("secret", {"owner": "a;b"}, "The owner has 1 to 128 letters"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_plain_words(
    name: str, more: dict[str, Value], why: str, root: Root
) -> None:
    prepare(root, name, more)
    ran = root.terraform("plan", "-input=false")
    assert ran.returncode == 1
    assert why in " ".join(ran.stderr.replace("│", " ").split())


def test_data_in_production_is_protected(root: Root) -> None:
    prepare(root, "postgres", {"environment": "production"})
    changes = {c["address"]: c["change"]["after"] for c in root.plan()["resource_changes"]}
    database = changes["module.orders.aws_db_instance.this"]
    assert database["deletion_protection"] is True
    assert database["storage_encrypted"] is True
    assert database["publicly_accessible"] is False
    assert database["skip_final_snapshot"] is False
    assert database["multi_az"] is True


def test_everything_carries_its_owner_and_who_made_it(root: Root) -> None:
    prepare(root, "queue", {"cost_center": "4711"})
    changes = root.plan()["resource_changes"]
    tags = [c["change"]["after"]["tags_all"] for c in changes if "tags_all" in c["change"]["after"]]
    assert tags
    for each in tags:
        assert each["Owner"] == "team-orders"
        assert each["CostCenter"] == "4711"
        assert each["managed-by"] == "dihedral"


def test_requests_kept_to_measure_with_are_never_learned_from() -> None:
    rows = list(csv.DictReader(REQUESTS.read_text("utf-8").splitlines()))
    learned = {text.casefold() for text, _ in blueprints.lessons(ALL, blueprints.unsure())}
    assert not learned & {row["text"].casefold() for row in rows}
    assert {row["label"] for row in rows} == {*ALL, ""}

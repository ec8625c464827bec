"""Drafting: a workspace's files after a blueprint was added to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.blueprint import Blueprint, Slot, SlotKind, Value
from dihedral.domain.errors import Invalid
from dihedral.model.rules import hcl
from dihedral.model.rules.draft import draft, missing

QUEUE = Blueprint(
    name="queue",
    title="Queue",
    owner="platform",
    summary="Messages in line.",
    phrasings={"en": ("a queue",)},
    slots=(
        Slot(variable="name", kind=SlotKind.NAME, question="Its name?", required=True),
        Slot(variable="owner", kind=SlotKind.OWNER, question="Whose is it?", required=True),
        Slot(variable="days", kind=SlotKind.DAYS, question="How long?", default=4),
        Slot(variable="size", kind=SlotKind.SIZE, question="?", choices=("small", "large")),
        Slot(variable="region", kind=SlotKind.REGION, question="Where?"),
    ),
    files={
        "queue/main.tf": b'module "network" {\n  source = "../network"\n}\n',
        "queue/outputs.tf": b'output "url" {\n  description = "Where."\n  value       = 1\n'
        b"  sensitive   = true\n}\n",
        "network/main.tf": b"# the network\n",
    },
)
TOPIC = Blueprint(
    name="topic",
    title="Topic",
    owner="platform",
    summary="Copies for all.",
    phrasings={"en": ("a topic",)},
    slots=QUEUE.slots,
    files={"topic/main.tf": b"# a topic\n"},
)
FULL: dict[str, Value] = {"name": "orders", "owner": "team-a"}


def test_a_draft_on_nothing_is_a_whole_configuration() -> None:
    made = draft(QUEUE, FULL, "eu-central-1", {}, "I need a queue\nfor orders")
    assert made.instance == "orders"
    assert made.address == "module.orders"
    assert made.written == tuple(sorted(made.files))
    assert set(made.files) == {
        "orders.tf",
        "providers_eu_central_1.tf",
        "versions_aws.tf",
        "modules/queue/main.tf",
        "modules/queue/outputs.tf",
        "modules/network/main.tf",
    }
    assert made.files["orders.tf"].decode() == (
        "# From the blueprint queue. Asking again for orders rewrites this file.\n"
        "# Request: I need a queue for orders\n\n"
        'module "orders" {\n'
        '  source    = "./modules/queue"\n'
        "  providers = { aws = aws.eu_central_1 }\n\n"
        "  days  = 4\n"
        '  name  = "orders"\n'
        '  owner = "team-a"\n'
        "}\n\n"
        'output "orders_url" {\n'
        '  description = "Where."\n'
        "  sensitive   = true\n"
        "  value       = module.orders.url\n"
        "}\n"
    )


def test_asking_the_same_twice_changes_nothing() -> None:
    once = draft(QUEUE, FULL, "eu-central-1", {}, "a queue")
    again = draft(QUEUE, FULL, "eu-central-1", once.files, "a queue")
    assert again.files == once.files
    assert again.written == ()


def test_asking_again_for_the_same_name_updates_it() -> None:
    once = draft(QUEUE, FULL, "eu-central-1", {})
    again = draft(QUEUE, {**FULL, "days": 9}, "eu-central-1", once.files)
    assert again.written == ("orders.tf",)
    assert b"days  = 9" in again.files["orders.tf"]


def test_another_name_or_region_adds_beside_it() -> None:
    once = draft(QUEUE, FULL, "eu-central-1", {})
    more = draft(QUEUE, {**FULL, "name": "refunds"}, "us-east-1", once.files)
    assert more.written == ("providers_us_east_1.tf", "refunds.tf")
    assert once.files.items() <= more.files.items()


def test_a_newer_blueprint_replaces_the_whole_module() -> None:
    once = draft(QUEUE, FULL, "eu-central-1", {})
    stale = {**once.files, "modules/queue/gone.tf": b"# of an older version\n"}
    assert "modules/queue/gone.tf" not in draft(QUEUE, FULL, "eu-central-1", stale).files


def test_what_the_workspace_already_declares_is_not_declared_again() -> None:
    own = {
        "main.tf": b'terraform {\n  required_providers {\n  }\n}\nprovider "aws" {\n'
        b'  alias = "eu_central_1"\n}\n'
    }
    made = draft(QUEUE, FULL, "eu-central-1", own)
    assert not {"versions_aws.tf", "providers_eu_central_1.tf"} & set(made.files)
    assert made.files["main.tf"] == own["main.tf"]


@pytest.mark.parametrize(
    ("values", "region", "files", "why"),
    [
        ({"name": "orders"}, "eu-central-1", {}, "queue needs owner: Whose is it?"),
        ({**FULL, "colour": "red"}, "eu-central-1", {}, "queue takes no 'colour'"),
        ({**FULL, "size": "huge"}, "eu-central-1", {}, "one of small, large, not 'huge'"),
        (FULL, 'eu"', {}, "is not an AWS region"),
        (FULL, "eu-central-1", {"orders.tf": b"# mine\n"}, "a file of your own"),
        (FULL, "eu-central-1", {"modules/queue/main.tf": b"x"}, "not from the blueprint queue"),
        (FULL, "eu-central-1", {"a.tf": b'module "orders" {\n}\n'}, "a.tf already has module"),
        (FULL, "eu-central-1", {"a.tf": b'output "orders_url" {\n}\n'}, "a.tf already has output"),
    ],
)
def test_what_cannot_be_drafted_says_why(
    values: dict[str, Value], region: str, files: dict[str, bytes], why: str
) -> None:
    with pytest.raises(Invalid, match=why.replace("?", r"\?")):
        draft(QUEUE, values, region, files)


def test_a_name_of_another_blueprints_instance_is_taken() -> None:
    topic = draft(TOPIC, FULL, "eu-central-1", {})
    with pytest.raises(Invalid, match=r"orders\.tf is an instance of the blueprint topic"):
        draft(QUEUE, FULL, "eu-central-1", topic.files)


def test_what_is_missing_is_asked_in_order() -> None:
    assert [slot.variable for slot in missing(QUEUE, {})] == ["name", "owner"]
    assert [slot.variable for slot in missing(QUEUE, {"name": "x", "owner": ""})] == ["owner"]
    assert missing(QUEUE, FULL) == ()


@given(st.text(min_size=1), st.text(min_size=1), st.text())
def test_no_word_of_a_request_becomes_configuration(name: str, owner: str, request: str) -> None:
    try:
        made = draft(QUEUE, {"name": name, "owner": owner}, "eu-central-1", {}, request)
    except Invalid as why:
        assert "half a character" in str(why)
        return
    call, output = hcl.blocks(made.files[f"{made.instance}.tf"])
    assert (call.kind, call.labels) == ("module", (made.instance,))
    assert call.attributes == {
        "source": '"./modules/queue"',
        "providers": "{ aws = aws.eu_central_1 }",
        "days": "4",
        "name": f'"{made.instance}"',
        "owner": hcl.quote(owner),
    }
    assert output.kind == "output"

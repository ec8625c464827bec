"""Tools that read: workspaces, blueprints, a provider's schema, an agent's own texts."""

import pytest

from dihedral.domain.actor import HOME
from dihedral.domain.agentspec import Prompt
from dihedral.domain.ids import Digest
from dihedral.domain.right import Place, Role
from dihedral.ops.work import workspaces
from tests.actors import hired
from tests.model.tools.conftest import Bench
from tests.ops.conftest import ADA

pytestmark = pytest.mark.anyio

SECRET = "hunter2-and-more"
CONFIG = """
variable "key" {
  default = ""
}
resource "terraform_data" "a" {
  count = 3
  input = "three"
}
output "greeting" {
  value = "hello"
}
output "password" {
  value     = nonsensitive(var.key)
}
locals {
  note = "hunter2-and-more"
}
"""
KNOWLEDGE = """# Refunds

Money goes back within 14 days of a complaint.

# 退款

投诉后十四天内退款。

# Delivery

Parcels take three days.
"""
EXAMPLES = """
- billing: I was charged twice
- billing: my invoice is wrong
- billing: refund my money
- billing: the bill is too high
- delivery: where is my parcel
- delivery: the package never came
- delivery: my delivery is late
- delivery: the parcel arrived broken
"""


async def test_a_workspace_is_read_without_what_is_secret(bench: Bench) -> None:
    ops = bench.world.ops
    await workspaces.set_variable(ops, ADA, "shop", "key", SECRET, sensitive=True)
    await bench.apply({"main.tf": CONFIG})
    said = await bench.use("read_workspace")
    assert "3 resources, 3 that fit" in said and "terraform_data.a[2]" in said
    assert 'greeting = "hello"' in said and "variables: key" in said
    listed = await bench.use("read_configuration")
    assert listed.startswith("main.tf: ")
    text = await bench.use("read_configuration", path="main.tf")
    assert 'resource "terraform_data" "a"' in text and "(sensitive)" in text
    history = await bench.use("read_history")
    assert "applied" in history and "a test" in history
    assert SECRET not in said + listed + text + history


async def test_a_workspace_that_it_was_not_given_is_not_there(bench: Bench) -> None:
    other = await workspaces.add(bench.world.ops, ADA, "vault", simulated=False)
    narrow = Place(HOME, workspace=bench.world.workspace.id)
    agent = await hired(bench.world.ops, "narrow", place=narrow, role=Role.PROPOSER)
    context = {"context": {"actor": agent, "workspace": other.id}}
    listed = await bench.use("list_workspaces", **context)
    assert "shop" in listed and "vault" not in listed
    for tool in ("read_workspace", "read_configuration", "read_history", "validate_draft"):
        said = await bench.use(tool, **context)
        assert said == f"Hidden: no workspace {other.id!r}"
    denied = await bench.rows(
        b"SELECT action, target FROM audit WHERE outcome = 'denied' ORDER BY seq"
    )
    assert [row["action"] for row in denied] == [
        *("state.read", "run.read", "run.read", "run.propose"),
    ]


async def test_who_only_reads_cannot_draft(bench: Bench) -> None:
    agent = await hired(bench.world.ops, "reader", role=Role.VIEWER)
    said = await bench.use("validate_draft", context={"actor": agent})
    assert said.startswith("Invalid: there is no draft")
    file = {"path": "main.tf", "content": "locals {}"}
    await bench.use("write_draft", files=[file], context={"actor": agent})
    said = await bench.use("validate_draft", context={"actor": agent})
    assert said.startswith("Forbidden: agent:reader may not do that here (run.propose)")


async def test_types_of_a_provider_come_from_its_schema(bench: Bench) -> None:
    await workspaces.add(bench.world.ops, ADA, "garden")
    found = await bench.use("find_resource_types", words="sqs queue policy", workspace="garden")
    assert found.splitlines()[0] == "aws_sqs_queue_policy"
    assert len(found) < 3000
    said = await bench.use("describe_resource_type", type="aws_s3_bucket", workspace="garden")
    assert "bucket: string" in said and "tags: map(string)" in said and len(said) < 8000
    real = await bench.use("describe_resource_type", type="aws_sqs_queue", workspace="shop")
    assert "name: string" in real  # a cloud's workspace, of whose provider there is no copy here
    within = await bench.use(
        "describe_resource_type",
        type="aws_s3_bucket_lifecycle_configuration",
        within="rule",
        workspace="garden",
    )
    assert "rule.id: string" in within
    data = await bench.use("describe_resource_type", type="data.aws_ami", workspace="garden")
    assert "most_recent: bool" in data
    none = await bench.use("describe_resource_type", type="aws_teapot", workspace="garden")
    assert none == "NotFound: no type of hashicorp/aws 'aws_teapot'"
    strange = await bench.use("describe_resource_type", type='x"\n}', workspace="garden")
    assert strange.startswith("NotFound") or strange.startswith("Invalid")
    other = await bench.use(
        "find_resource_types", words="a", provider="evil/provider", workspace="garden"
    )
    assert other.startswith("Invalid: workspace garden may not use the provider 'evil/provider'")


async def test_a_blueprint_is_found_filled_and_proposed(bench: Bench) -> None:
    await workspaces.add(bench.world.ops, ADA, "garden")
    assert "queue: " in await bench.use("list_blueprints")
    assert (await bench.use("list_blueprints", search="消息队列")).startswith("queue: ")
    lacks = await bench.use("fill_blueprint", blueprint="queue", workspace="garden")
    assert "It still needs:" in lacks and "name" in lacks
    filled = await bench.use(
        "fill_blueprint",
        blueprint="queue",
        values={"name": "orders", "owner": "shop"},
        workspace="garden",
    )
    assert "orders.tf" in filled, filled
    said = await bench.use(
        "propose_blueprint",
        blueprint="queue",
        values={"name": "orders", "owner": "shop"},
        reason="a queue for orders",
        workspace="garden",
    )
    assert "It is proposed, as run-" in said and "cost" in said
    again = await bench.use("list_runs")
    assert "garden" in again and "a queue for orders" in again


async def test_a_blueprint_can_be_put_into_a_draft_and_changed(bench: Bench) -> None:
    await workspaces.add(bench.world.ops, ADA, "garden")
    said = await bench.use(
        "fill_blueprint",
        blueprint="queue",
        values={"name": "orders", "owner": "shop"},
        draft=True,
        workspace="garden",
    )
    assert "Draft 1 for workspace garden" in said and "modules/queue/main.tf: new" in said
    assert "is valid" in await bench.use("validate_draft", workspace="garden")


async def test_the_reflex_says_which_blueprint_is_meant_or_that_it_is_not_sure(
    bench: Bench,
) -> None:
    said = await bench.use("ask_reflex", text="I need a queue called orders")
    assert said.startswith("It is the blueprint queue")
    assert (await bench.use("ask_reflex", text="what is the weather")).startswith("Not sure.")


async def test_an_agent_classifies_by_its_own_examples_and_searches_its_own_texts(
    bench: Bench,
) -> None:
    texts = {"handbook": KNOWLEDGE, "examples": EXAMPLES}
    given = tuple(Prompt(name, text, Digest("0" * 64)) for name, text in texts.items())
    context = {"context": {"knowledge": given}}
    said = await bench.use("classify", text="I was charged twice for one invoice", **context)
    assert said.startswith("billing") and "sure" in said
    said = await bench.use("classify", text="the sky is blue", **context)
    assert said.startswith("Not sure.")
    found = await bench.use("search_knowledge", words="when is money refunded", **context)
    assert "[handbook: Refunds]" in found and "14 days" in found
    found = await bench.use("search_knowledge", words="退款要多久", **context)
    assert "十四天" in found.splitlines()[1]
    none = await bench.use("search_knowledge", words="xylophone", **context)
    assert none.startswith("Nothing in your texts")


async def test_an_escalation_is_kept_and_audited_once(bench: Bench) -> None:
    for _ in range(2):
        said = await bench.use("escalate", key="turn-1/9", reason="She is angry, and right.")
        assert said.startswith("It is handed to a person")
    rows = await bench.rows(b"SELECT target FROM audit WHERE action = 'conversation.escalate'")
    assert [row["target"] for row in rows] == ["cv-1"]

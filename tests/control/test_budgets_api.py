"""Budgets and spending through the front door, and as a shell sees them."""

import json

import pytest
from starlette.requests import Request
from starlette.responses import Response

from dihedral.domain.errors import OverBudget
from dihedral.ops.store.audit import Which
from dihedral.ops.work import audit
from dihedral.ops.work.ledger import OpsLedger
from tests.actors import enrol, hired, person
from tests.control.conftest import World
from tests.control.test_agent_cli import Shell, shell
from tests.ops.spenders import INFRA, spend, used

__all__ = ["shell"]
pytestmark = pytest.mark.anyio


async def test_a_budget_is_set_changed_read_and_removed(world: World) -> None:
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    async with world.client() as client:
        asked = {"scope": "person", "subject": "ada", "money": "2.5", "period": "day"}
        made = (await client.put("/v1/budgets", json=asked)).json()
        assert (made["money"], made["says"]) == ("2.5", "2.50 USD a day for person ada")
        one = f"/v1/budgets/{made['id']}"
        changed = (await client.patch(one, json={"tokens": 1000, "money": None})).json()
        assert changed["says"] == "1,000 tokens a day for person ada"
        listed = (await client.get("/v1/budgets")).json()["items"]
        assert {x["kind"] for x in listed} == {"set", "default"}
        assert (await client.delete(one)).status_code == 204
        gone = await client.get(one)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    acts = await audit.page(world.ops, person("ada"), Which(), 10)
    told = [(x.act.action, x.act.reason) for x in acts if x.act.action.startswith("budget.")]
    assert told == [
        ("budget.remove", "1,000 tokens a day for person ada"),
        ("budget.set", "1,000 tokens a day for person ada"),
        ("budget.set", "2.50 USD a day for person ada"),
    ]


async def test_an_agents_own_limit_is_listed_and_changed_where_it_is_set(world: World) -> None:
    await hired(world.ops, "drafter")
    async with world.client() as client:
        await client.patch("/v1/agents/drafter", json={"limits": {"money": {"amount": "3"}}})
        found = (await client.get("/v1/budgets/limit:drafter")).json()
        assert (found["kind"], found["says"]) == ("limit", "3.00 USD a month for agent drafter")
        refused = await client.patch("/v1/budgets/limit:drafter", json={"money": "9"})
    assert refused.status_code == 422
    assert "`dihedral agent set drafter --money AMOUNT`" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"scope": "planet", "money": "1"}, "Invalid enum value"),
        ({"scope": "person", "money": "1e400000"}, "an amount is from 0"),
        ({"scope": "person", "tokens": -1}, "`int` >= 0"),
        ({"scope": "person", "money": "1", "currency": "dollars"}, "matching regex"),
    ],
)
async def test_what_is_no_budget_is_refused(
    world: World, body: dict[str, object], said: str
) -> None:
    async with world.client() as client:
        answer = await client.put("/v1/budgets", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


async def test_a_fault_of_too_little_money_says_which_budget_and_how_to_lift_it(
    world: World,
) -> None:
    ledger = OpsLedger(world.ops)

    async def poor(_: Request) -> Response:
        await ledger.reserve(INFRA, spend("3"))
        return Response()

    world.app.add_route("/v1/poor", poor)
    async with world.client() as client:
        client.event_hooks = {}
        answer = await client.get("/v1/poor")
    assert answer.status_code == 402
    problem = answer.json()
    assert problem["code"] == OverBudget.code
    assert problem["over"] == {
        "budget": "bdg-defaultconversation",
        "purpose": "thinking",
        "scope": "conversation",
        "subject": "cv-one",
        "period": "ever",
        "since": "0001-01-01",
        "unit": "USD",
        "cap": "2",
        "used": "0",
        "needed": "3",
        "lift": "dihedral budget set conversation:cv-one --money AMOUNT",
    }


async def test_the_shell_sets_and_shows_budgets_and_what_was_spent(
    world: World, shell: Shell
) -> None:
    ledger = OpsLedger(world.ops)
    await ledger.settle(await ledger.reserve(INFRA, spend("0.5")), used("0.0123"))
    made = await shell("budget", "set", "person:ada", "--money", "2", "--as", "ada")
    assert made.returncode == 0, made.stderr
    assert "2.00 USD a month for person ada" in made.stdout
    assert "0.0123 USD" in made.stdout and "dihedral conversation resume" in made.stdout
    listed = await shell("budget", "list")
    for words in ("bdg-defaultorganization", "2.00 USD in all for each conversation", "default"):
        assert words in listed.stdout
    spent = await shell("spend", "--by", "model", "--since", "7d")
    assert spent.stdout.splitlines()[1].split() == [
        "small", "thinking", "0.0123", "USD", "0.00", "USD", "-", "100", "in,", "0", "out",
    ]  # fmt: skip
    told = json.loads((await shell("spend", "--json")).stdout)
    assert (told["items"][0]["spent"], told["cut"]) == ("0.0123", False)
    removed = await shell("budget", "remove", "person:ada")
    assert removed.stdout == "budget person:ada is removed\n"
    wrong = await shell("budget", "set", "person:ada")
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "say what it may be: --money AMOUNT or --tokens NUMBER\n",
    )


async def test_the_metrics_tell_sums_and_name_nobody(world: World) -> None:
    ledger = OpsLedger(world.ops)
    await ledger.settle(await ledger.reserve(INFRA, spend("0.5")), used("0.25", 70))
    await ledger.reserve(INFRA, spend("0.125"))
    async with world.client() as client:
        text = (await client.get("/metrics")).text
    for line in (
        'dihedral_ledger_spent{purpose="thinking",unit="USD"} 0.25',
        'dihedral_ledger_spent{purpose="thinking",unit="tokens"} 70.0',
        'dihedral_ledger_held{purpose="thinking",unit="USD"} 0.125',
        'dihedral_ledger_reservations{purpose="thinking"} 1.0',
        'dihedral_ledger_held{purpose="building",unit="USD"} 0.0',
    ):
        assert line in text
    assert "infra" not in text and "cv-one" not in text

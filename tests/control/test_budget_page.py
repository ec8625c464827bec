"""Pages of money: how full budgets are, what was spent, and forms that set what may be."""

from datetime import UTC, datetime
from decimal import Decimal
from html import unescape

import pytest

from dihedral.control.web import meters
from dihedral.domain.actor import HOME, SYSTEM
from dihedral.domain.ids import BudgetId
from dihedral.domain.model import Usage
from dihedral.domain.right import Place, Role
from dihedral.domain.spend import Budget, Period, Purpose, Scope
from dihedral.ops.store.budgets import Line, Sum
from dihedral.ops.work import workspaces
from dihedral.ops.work.budgets import Seen
from dihedral.ops.work.ledger import OpsLedger
from tests.actors import agent, enrol, hired, person
from tests.control.conftest import World
from tests.control.test_people_api import token
from tests.ops.spenders import spend, used

pytestmark = pytest.mark.anyio
EVIL = "<img src=x onerror=alert(1)>\u202e"


def seen(spent: str, held: str, cap: str = "10") -> Seen:
    one = Budget(
        id=BudgetId("bdg-1"),
        organization=HOME,
        scope=Scope.ORGANIZATION,
        period=Period.MONTH,
        money=Decimal(cap),
        set_by=SYSTEM.id,
        set_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    lines = [
        Line("", "USD", Decimal(held), Decimal(spent)),
        Line("", "tokens", Decimal(9), Decimal(9)),
    ]
    return Seen(budget=one, kind="set", lines=lines)


def total(name: str, **said: object) -> Sum:
    given: dict[str, object] = {
        "purpose": Purpose.THINKING,
        "currency": "USD",
        "entries": 2,
        "spent": Decimal(0),
        "held": Decimal(0),
        "unknown": 0,
        "lost": 0,
        "usage": Usage(),
    }
    return Sum(name=name, **{**given, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spent", "held", "drawn", "tone"),
    [
        ("4", "1", (40.0, 10.0), "good"),
        ("7", "2", (70.0, 20.0), "warn"),
        ("9", "5", (90.0, 10.0), "bad"),  # a cap that was lowered since
        ("0", "0", (0.0, 0.0), "good"),
        ("-3", "0", (0.0, 0.0), "good"),  # what is taken away
    ],
)
def test_a_meter_is_as_full_as_its_cap(
    spent: str, held: str, drawn: tuple[float, float], tone: str
) -> None:
    (meter,) = meters.held(seen(spent, held)).meters
    assert ((meter.spent, meter.held), meter.tone) == (drawn, tone)


def test_a_cap_of_nothing_is_full_from_the_first_cent() -> None:
    (meter,) = meters.held(seen("0.01", "0", cap="0")).meters
    assert (meter.spent, meter.tone) == (100.0, "bad")


def test_what_has_no_price_is_unknown_and_never_nothing() -> None:
    unknown, known = meters.rows(
        [
            total("dark", unknown=2),
            total("small", spent=Decimal("0.0004"), unknown=1, lost=1),
        ]
    )
    assert unknown.spent == "unknown"
    assert known.spent == "0.0004 USD"
    assert known.notes == (
        "1 entry without a price, not in it",
        "1 call whose end nobody saw, at the worst",
    )


async def test_budgets_are_set_and_removed_by_forms(world: World) -> None:
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    asked = {"scope": "person", "subject": "ada", "purpose": "thinking", "period": "day"}
    async with world.client() as client:
        refused = await client.post("/budgets", data={**asked, "money": "a lot"})
        assert refused.status_code == 422
        assert "an amount is such as 20 or 0.50, not 'a lot'" in unescape(refused.text)
        made = await client.post("/budgets", data={**asked, "money": "2.5"})
        assert made.headers["location"] == "/budgets?done=set"
        page = (await client.get("/budgets")).text
        assert "2.50 USD a day for person ada" in page
        (one,) = [x for x in (await client.get("/v1/budgets")).json()["items"] if x["subject"]]
        await client.post(f"/budgets/{one['id']}/remove")
        assert "for person ada" not in (await client.get("/budgets")).text


async def test_a_budget_may_have_no_cap_when_that_is_said(world: World) -> None:
    asked = {"scope": "organization", "purpose": "thinking"}
    async with world.client() as client:
        for more in ({}, {"uncapped": "on", "money": "5"}):
            refused = await client.post("/budgets", data={**asked, **more})
            assert refused.status_code == 422
            assert "no cap" in unescape(refused.text)
        made = await client.post("/budgets", data={**asked, "uncapped": "on"})
        assert made.headers["location"] == "/budgets?done=set"
        page = (await client.get("/budgets")).text
        assert "no cap a month for the organization" in page
        assert "It has no cap." in page
        await client.post("/budgets", data={**asked, "money": "5"})
        assert "5.00 USD a month for the organization" in (await client.get("/budgets")).text


async def test_what_was_spent_is_shown_by_whom_and_against_what(world: World) -> None:
    await hired(world.ops, "infra")
    ledger = OpsLedger(world.ops)
    infra = agent("infra", "ada")
    done = await ledger.reserve(infra, spend("1.5"))
    await ledger.settle(done, used("1"))
    await ledger.reserve(infra, spend("0.5", model=EVIL))
    async with world.client() as client:
        pages = {
            path: (await client.get(path)).text
            for path in ("/budgets", "/budgets?by=model", "/agents/infra", "/overview")
        }
    for path in ("/budgets", "/overview"):
        assert "1.00 USD spent, 0.50 USD held, of 100.00 USD" in pages[path]
    assert "What it spent this month" in pages["/agents/infra"]
    assert "1.00 USD" in pages["/agents/infra"]
    assert "&lt;img src=x onerror=alert(1)&gt;⟨U+202E⟩" in pages["/budgets?by=model"]


async def test_only_who_sets_budgets_is_offered_to(world: World) -> None:
    space = await workspaces.add(world.ops, person("ada"), "orders")
    async with world.ops.db.tx() as tx:
        await enrol(tx, "vi", Role.VIEWER, Place(HOME, workspace=space.id))
    async with world.bearing(await token(world, "vi", "viewer")) as client:
        page = (await client.get("/budgets")).text
    assert "100.00 USD a month for the organization" in page
    assert "What you spent" in page
    assert "spent, of 100.00 USD" not in page  # he may not see it; it is not nothing
    assert '<form method="post" action="/budgets' not in page

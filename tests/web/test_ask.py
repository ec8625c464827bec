"""Asking in a browser: what is shown while one types, while an agent answers, and of what came."""

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import expect

from tests.web import axe
from tests.web.conftest import Enter
from tests.web.site import Site
from tests.web.world import HALF, ODD, converse

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def made(site: Site) -> Iterator[Mapping[str, str]]:
    yield converse(site)


def test_what_the_reflex_knows_is_seen_while_one_types_and_proposed(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", "/ask")
    page.get_by_label("What you need, in your own words").press_sequentially(
        f"{HALF}-typed", delay=10
    )
    expect(page.get_by_role("group", name="Private bucket")).to_contain_text("1 value is missing")
    page.get_by_label("Which team or person answers for it?").fill("data")
    page.get_by_role("button", name="Propose this").click()
    expect(page.locator(".mine")).to_contain_text(f"{HALF}-typed")
    card = page.get_by_role("article")
    expect(card.get_by_text("waits for a person")).to_be_visible(timeout=90_000)
    card.get_by_role("link", name="Read and decide").click()
    expect(page.get_by_role("heading", name="Apply this?")).to_be_visible()


def test_not_this_that_teaches_the_reflex(made: Mapping[str, str], enter: Enter) -> None:
    page = enter("ada", f"/ask/{made['proposed']}")
    page.get_by_text("Not this, that").click()
    page.get_by_label("It meant").select_option("queue")
    page.get_by_role("button", name="Teach the reflex").click()
    expect(page.get_by_role("status").filter(has_text="reflex")).to_be_visible()


def test_an_answer_comes_by_itself_and_is_text(made: Mapping[str, str], enter: Enter) -> None:
    page = enter("ada", "/ask")
    page.get_by_label("What you need, in your own words").fill(ODD)
    page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.locator(".theirs").last
    expect(answer).to_contain_text("<img src=x onerror=alert(1)>", timeout=60_000)
    expect(answer.locator("strong")).to_have_text("blue")
    expect(page.get_by_text("What it thought")).to_be_visible()
    expect(page.get_by_text("Somebody asks <b>why</b>")).to_be_hidden()
    assert page.locator("main img, main script").count() == 0
    assert "owned" not in page.title()
    page.get_by_label("Say something").fill("thank you.")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".theirs").last).to_contain_text("Say more.", timeout=60_000)


def test_without_scripts_one_asks_fills_in_and_proposes(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", "/ask", java_script_enabled=False)
    page.get_by_label("What you need, in your own words").fill("a private bucket named plain")
    page.get_by_role("button", name="What would that be?").click()
    page.get_by_label("Which team or person answers for it?").fill("data")
    page.get_by_role("button", name="Propose this").click()
    expect(page.get_by_role("article")).to_be_visible()
    page.get_by_role("link", name="Flight recorder").click()
    expect(page.get_by_role("heading", name="Flight recorder")).to_be_visible()


def test_nothing_serious_is_wrong_and_all_fits_a_phone(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", viewport=PHONE)
    found = {}
    answered, proposed, lacking = made["answered"], made["proposed"], made["lacking"]
    paths = (
        "/ask",
        *(f"/ask/{one}" for one in (answered, proposed, lacking)),
        f"/ask/{answered}/record",
        f"/runs/{made['answer']}/record",
        "/models",
        "/budgets",
    )
    for path in paths:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        found[path] = axe.shown(page)
    page.goto("/ask")
    page.get_by_label("What you need, in your own words").fill("a queue for orders")
    expect(page.get_by_role("button", name="Propose this")).to_be_visible()
    found["guess"] = axe.findings(page), 0
    assert found == {path: ([], 0) for path in (*paths, "guess")}

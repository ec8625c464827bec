"""Without scripts: each form of each page leads somewhere and can be sent. Those by which a change
is asked for and decided, and those of talks, models, budgets and agents, are sent."""

import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Page, expect

from dihedral.control import app
from tests.control.logins import PASSWORD
from tests.web import world
from tests.web.conftest import Enter, Watched
from tests.web.papers import SCRIBE
from tests.web.screens import PAGES
from tests.web.site import Site
from tests.web.test_live import slow
from tests.web.world import converse, furnish

FILES = {"main.tf": world.BUCKETS}
FORMS = """forms => forms.map((form) => [
  (form.getAttribute("method") ?? "get").toUpperCase(),
  new URL(form.getAttribute("action") ?? "", location.href).pathname,
  [...form.elements].filter((one) => one.type === "submit").length])"""
ALONE = "some => some.filter((one) => !(one.form || one.href)).map((one) => one.outerHTML)"
LIVE = "a[hx-get], a[hx-post], button[hx-get], button[hx-post], input[hx-get], textarea[hx-post]"


@pytest.fixture(scope="module")
def made(site: Site) -> Iterator[Mapping[str, str]]:
    yield {**furnish(site), **converse(site)}


def plain(enter: Enter, who: str, path: str = "") -> Page:
    return enter(who, path, java_script_enabled=False)


def doors() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (door.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", door.path)))
        for door in app.DOORS
        if door.page
    ]


def test_every_form_leads_to_a_door_and_can_be_sent(
    made: Mapping[str, str], enter: Enter, watched: Watched
) -> None:
    watched.forgiven = ("404",)
    known, wrong, seen = doors(), [], 0
    pages = {who: plain(enter, who) for who in {who for _, who, _ in PAGES}}
    for name, who, path in PAGES:
        page = pages[who]
        page.goto(path.format(**made))
        for method, to, buttons in page.locator("form:not([method=dialog])").evaluate_all(FORMS):
            seen += 1
            led = any(m == method and at.fullmatch(to) for m, at in known)
            if not (led and buttons):
                wrong.append((name, method, to, buttons))
        for one in page.locator(LIVE).evaluate_all(ALONE):
            wrong.append((name, "live", one, 0))
    assert wrong == []
    assert seen > 2 * len(PAGES)  # each page of who is logged in has one at least, to log out


def test_one_logs_in_and_out(site: Site, enter: Enter, watched: Watched) -> None:
    watched.forgiven = ("401",)
    page = plain(enter, "", "/inbox")
    page.get_by_label("Name").fill("bo")
    page.get_by_label("Password").fill("not the password of bo")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("bo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url("/inbox")
    page.get_by_role("navigation", name="Main").get_by_role("button", name="Log out").click()
    expect(page).to_have_url("/logged-out")


def test_a_seat_is_taken_given_back_and_taken_again(made: Mapping[str, str], enter: Enter) -> None:
    page = plain(enter, "bo", f"/runs/{made['waits']}")
    page.locator("summary", has_text="Say something with it").click()
    page.get_by_label("Comment on your approval").fill("seen <b>with</b> Cy")
    page.get_by_role("button", name="Approve (1 of 2)").click()
    expect(page.get_by_text("Your yes is given.")).to_be_visible()
    page.get_by_role("button", name="Take my yes back").click()
    expect(page.get_by_text("Your yes is taken back.")).to_be_visible()
    page.get_by_role("button", name="Approve (1 of 2)").click()
    other = plain(enter, "cy", f"/runs/{made['waits']}")
    other.get_by_role("button", name="Approve (2 of 2)").click()
    expect(other.get_by_text("Your yes is given.")).to_be_visible()
    # it is read anew by itself
    expect(other.get_by_role("heading", level=1)).to_have_text("Applied", timeout=90_000)


def test_what_has_not_begun_is_stopped(site: Site, enter: Enter) -> None:
    first = slow(site, "stopped")
    with site.client("bo") as api:
        assert api.post(f"/v1/runs/{first}/approve", json={}).status_code == 200
    site.settled(first, "applying", "applied")
    run = site.propose("stopped", FILES, "Later")
    page = plain(enter, "ada", f"/runs/{run}")
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_text("It is told to stop.")).to_be_visible()
    site.settled(run, "canceled")


def test_the_change_is_searched(made: Mapping[str, str], enter: Enter) -> None:
    page = plain(enter, "bo", f"/runs/{made['applied']}")
    page.get_by_role("searchbox").fill("s3_bucket")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".resource")).to_have_count(1)


def test_one_talks_and_teaches(made: Mapping[str, str], enter: Enter) -> None:
    page = plain(enter, "ada", f"/ask/{made['answered']}")
    page.get_by_label("Say something").fill("thank you.")
    page.get_by_role("button", name="Say it").click()
    # it is read anew by itself
    expect(page.locator(".theirs").last).to_contain_text("Say more.", timeout=60_000)
    page.goto(f"/ask/{made['proposed']}")
    page.get_by_text("Not this, that").click()
    page.get_by_label("It meant").select_option("queue")
    page.get_by_role("button", name="Teach the reflex").click()
    expect(page.get_by_role("status").filter(has_text="reflex")).to_be_visible()


def test_a_workspace_is_given_a_variable(made: Mapping[str, str], enter: Enter) -> None:
    page = plain(enter, "ada", f"/workspaces/{made['workspace']}?view=variables")
    page.get_by_text("Set a variable").click()
    page.get_by_label("Name").fill("region")
    page.get_by_label("Value").fill("eu-west-1")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("row", name="region")).to_contain_text("eu-west-1")
    page.get_by_role("button", name="Unset region").click()
    expect(page.get_by_text("The variable is gone.")).to_be_visible()


def test_what_an_agent_is_at_is_ended_and_its_talk_is_stopped(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = plain(enter, "ada", "/ask")
    page.get_by_label("What you need, in your own words").fill("dawdle over this, would you?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("button", name="End what it does now").click()
    expect(page.get_by_text("It ended what it did. Say something else.")).to_be_visible()
    page.get_by_label("Say something").fill("then dawdle again")
    page.get_by_role("button", name="Say it").click()
    page.get_by_role("button", name="Stop the conversation").click()
    expect(page.get_by_text("It is stopped, with all that was handed on from it.")).to_be_visible()
    expect(page.get_by_label("Say something")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def rested(site: Site, page: Page, talk: str) -> None:
    """The page once nobody is at work in a conversation: its events end then."""
    with site.client("ada") as api:
        api.get(f"/v1/conversations/{talk}/events")
    page.goto(f"/ask/{talk}")


def test_a_talk_that_a_budget_paused_goes_on_when_its_cap_is_lifted(
    made: Mapping[str, str], site: Site, enter: Enter, watched: Watched
) -> None:
    watched.forgiven = ("422",)
    talk = made["answered"]
    page = plain(enter, "ada", "/budgets")
    page.get_by_text("Set a budget").click()
    page.get_by_label("Whose").select_option("conversation")
    page.get_by_label("Which one").fill(talk)
    form = page.locator("form", has=page.get_by_label("Which one"))
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert")).to_contain_text("a budget caps money, tokens, or both")
    expect(form.get_by_label("Which one")).to_have_value(talk)
    form.get_by_label("Money").fill("0.000001")
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("It holds from the next call on.")).to_be_visible()
    page.goto(f"/ask/{talk}")
    answers = page.locator(".theirs:not(#saying)")
    said = answers.count()
    page.get_by_label("Say something").fill("and once more.")
    page.get_by_role("button", name="Say it").click()
    rested(site, page, talk)
    expect(page.get_by_text("It is paused")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Budgets").click()
    mine = page.locator("ul.budgets > li", has_text=f"for conversation {talk}")
    mine.get_by_text("Change it").click()
    mine.get_by_label("Money").fill("")
    mine.get_by_label("No cap at all").check()
    mine.get_by_role("button", name="Keep it").click()
    expect(mine).to_contain_text("It has no cap.")
    page.goto(f"/ask/{talk}")
    page.get_by_role("button", name="Let it go on").click()
    expect(page.get_by_text("It goes on.")).to_be_visible()
    rested(site, page, talk)
    expect(answers).to_have_count(said + 1)
    expect(answers.last).to_contain_text("Say more.")
    page.goto("/budgets")
    mine.get_by_text("Change it").click()
    mine.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("That budget holds no more.")).to_be_visible()
    expect(mine).to_have_count(0)


def test_an_endpoint_is_added_tried_priced_and_removed(
    made: Mapping[str, str], site: Site, enter: Enter, watched: Watched
) -> None:
    watched.forgiven = ("422",)
    page = plain(enter, "ada", "/models")
    page.get_by_text("Add an endpoint").click()
    form = page.locator("form", has=page.get_by_label("Name that agents ask for"))
    for label, text in {
        "Name that agents ask for": "tried",
        "What its provider calls it": "<b>large</b>",
        "Address": str(site.data.parent / "script.yaml"),
        "Price in": "lots",
        "out": "2",
    }.items():
        form.get_by_label(label, exact=True).fill(text)
    form.get_by_label("Wire").select_option("scripted")
    form.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("a price has dollars a million tokens")
    expect(form.get_by_label("Name that agents ask for")).to_have_value("tried")
    form.get_by_label("Price in").fill("1")
    form.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("It is added. Try it")).to_be_visible()
    mine = page.locator("section", has=page.get_by_role("heading", name="tried", exact=True))
    mine.get_by_role("button", name="Try it").click()
    expect(page.locator("#trial")).to_contain_text("It answered in")
    expect(page.locator("#trial blockquote")).to_have_text("Say more.")
    mine.get_by_text("Change it").click()
    mine.get_by_label("Price in").fill("0.25")
    mine.get_by_label("It may be asked").uncheck()
    mine.get_by_role("button", name="Keep it so").click()
    expect(mine).to_contain_text("0.25 in, 2 out")
    expect(mine.locator(".chip").first).to_have_text("off")
    mine.get_by_text("Change it").click()
    mine.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("It is gone, and its credential too.")).to_be_visible()
    expect(mine).to_have_count(0)


def test_an_agent_is_applied_suspended_and_let_go_on_and_so_are_all(enter: Enter) -> None:
    page = plain(enter, "ada", "/agent-files")
    page.get_by_label("The file").fill(SCRIBE.replace("name: scribe", "name: clerk"))
    page.get_by_role("button", name="Apply it").click()
    page.get_by_role("main").get_by_role("link", name="clerk").click()
    page.get_by_text("Suspend it").click()
    page.get_by_label("Why").fill("it <b>loops</b>")
    page.get_by_role("button", name="Suspend clerk").click()
    expect(page.get_by_role("status").filter(has_text="it <b>loops</b>")).to_be_visible()
    page.get_by_role("button", name="Let it go on").click()
    expect(page.get_by_text("It may go on.")).to_be_visible()
    page.goto("/agents")
    page.get_by_text("Suspend every agent at once").click()
    page.get_by_label("Why").fill("a drill")
    page.get_by_role("button", name="Suspend all agents").click()
    expect(page.get_by_role("status").filter(has_text="a drill")).to_be_visible()
    page.get_by_role("button", name="Let them go on").click()
    expect(page.get_by_text("All agents are suspended")).to_have_count(0)

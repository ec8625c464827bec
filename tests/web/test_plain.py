"""Without scripts: each form of each page leads somewhere and can be sent, and those by which a
change is asked for and decided are sent."""

import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Page, expect

from dihedral.control import app
from tests.control.logins import PASSWORD
from tests.web import world
from tests.web.conftest import Enter, Watched
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

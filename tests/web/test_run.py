"""The page of a run: read and decided by hand, by keyboard, on a phone, by two at once."""

import pytest
from playwright.sync_api import Page, expect

from tests.web import axe, world
from tests.web.conftest import Enter, Watched
from tests.web.site import Site
from tests.web.test_shell import PHONE

FILES = {"main.tf": world.BUCKETS}
NEXT = {"main.tf": world.BUCKETS.replace("eu-central-1", "eu-west-1")}


@pytest.fixture(scope="module")
def shop(site: Site) -> str:
    """A run that destroys, replaces, updates and creates, and asks two people."""
    name = site.workspace("shop")
    site.variable(name, "database_password", "not-to-be-seen-1")
    site.applied(name, {"main.tf": world.PROVIDER, "shop.tf": world.SHOP})
    site.variable(name, "database_password", "not-to-be-seen-2")
    files = {"main.tf": world.PROVIDER, "shop.tf": world.SHOP_NEXT}
    return site.waiting(name, files, "More room for the sales")


def asked(site: Site, name: str) -> str:
    """A run that asks one person, in a workspace of its own."""
    return site.waiting(site.workspace(name), FILES, f"What {name} needs")


def test_the_question_stands_on_top_with_who_asks_and_three_numbers(
    enter: Enter, shop: str
) -> None:
    page = enter("bo", f"/runs/{shop}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Apply this?")
    expect(page.locator(".ask")).to_contain_text("ada asks, in shop")
    expect(page.locator(".figure .name")).to_have_text(["Speed", "Cost", "Risk"])
    page.locator(".figure", has_text="Cost").locator("summary").click()
    expect(page.locator(".figure", has_text="Cost")).to_contain_text("aws_db_instance.orders")


def test_what_is_destroyed_comes_first_and_nothing_sensitive_is_shown(
    enter: Enter, shop: str
) -> None:
    page = enter("bo", f"/runs/{shop}")
    groups = page.locator("h3.group").all_inner_texts()
    assert [text.split()[0].strip(":") for text in groups] == [
        "Destroyed", "Replaced", "Changed", "Created",
    ]  # fmt: skip
    expect(page.locator("#changes")).to_contain_text("holds data")
    database = page.locator(".resource", has_text="aws_db_instance.orders")
    expect(database.locator("tr", has_text="password").locator(".hidden")).to_have_count(2)
    assert "not-to-be-seen" not in page.content()


def test_the_change_is_searched_on_the_server(enter: Enter, shop: str) -> None:
    page = enter("bo", f"/runs/{shop}")
    page.keyboard.press("/")
    page.keyboard.type("s3_bucket")
    expect(page.locator("#changes")).to_contain_text("1 of 7 resources")
    expect(page.locator(".resource")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_code_is_shown_beside_what_was_applied_before(enter: Enter, shop: str) -> None:
    page = enter("bo", f"/runs/{shop}")
    files = page.locator("#files")
    expect(files.locator(".taken", has_text='"db.t3.medium"')).to_be_visible()
    expect(files.locator(".added", has_text='"db.m5.large"')).to_be_visible()
    expect(files).to_contain_text("As before: main.tf")


def test_a_gate_says_what_it_saw_and_how_to_mend_it(enter: Enter, shop: str) -> None:
    page = enter("bo", f"/runs/{shop}")
    gate = page.locator(".gate", has_text="policy").first
    gate.locator("summary").click()
    expect(gate).to_contain_text("is not encrypted on disk")
    expect(gate).to_contain_text("Set storage_encrypted")


def test_the_picture_of_who_would_feel_it_is_there(enter: Enter, shop: str) -> None:
    page = enter("bo", f"/runs/{shop}")
    page.locator("#blast summary").click()
    picture = page.locator("#blast img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("(image) => image.naturalWidth") > 100


def test_nothing_serious_is_wrong_for_whoever_cannot_see_it(enter: Enter, shop: str) -> None:
    page = enter("bo", f"/runs/{shop}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert axe.findings(page) == []


def test_it_is_read_and_approved_by_keyboard_alone(enter: Enter, site: Site) -> None:
    run = asked(site, "keys")
    page = enter("bo", "/inbox")
    expect(page.locator("[data-item]").first).to_be_visible()
    while not page.evaluate(f"document.activeElement?.href?.endsWith('{run}')"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"/runs/{run}")
    page.keyboard.press("j")
    expect(page.locator(".resource summary").first).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your yes is given.")).to_be_visible()
    site.settled(run, "applied")
    expect(page.get_by_role("heading", level=1)).to_have_text("Applied")


def test_an_approver_decides_on_a_phone(enter: Enter, site: Site) -> None:
    run = asked(site, "phone")
    page = enter("bo", f"/runs/{run}", viewport=PHONE, has_touch=True)
    assert axe.wide(page) == 0
    page.get_by_role("button", name="Approve").tap()
    expect(page.get_by_text("Your yes is given.")).to_be_visible()
    site.settled(run, "applied")


def test_who_may_not_approve_sees_why(enter: Enter, shop: str) -> None:
    own = enter("ada", f"/runs/{shop}")
    expect(own.locator("#decision")).to_contain_text("You proposed this")
    for who, why in (("pia", "it takes an approver"), ("vi", "it takes an approver")):
        page = enter(who, f"/runs/{shop}")
        expect(page.locator("#decision")).to_contain_text(why)
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_two_people_take_their_seats_and_one_takes_his_yes_back(enter: Enter, shop: str) -> None:
    bo = enter("bo", f"/runs/{shop}")
    bo.get_by_role("button", name="Approve (1 of 2)").click()
    expect(bo.locator(".seats li")).to_have_text(["bo", "open"])
    bo.get_by_role("button", name="Take my yes back").click()
    expect(bo.get_by_text("Your yes is taken back.")).to_be_visible()
    expect(bo.locator(".seats li")).to_have_text(["you?", "open"])


def test_who_approves_what_somebody_else_approved_is_told_that_it_has_changed(
    enter: Enter, site: Site, watched: Watched
) -> None:
    watched.forgiven = ("409",)
    run = asked(site, "late")
    bo, cy = enter("bo", f"/runs/{run}"), enter("cy", f"/runs/{run}")
    bo.get_by_role("button", name="Approve").click()
    expect(bo.get_by_text("Your yes is given.")).to_be_visible()
    cy.get_by_role("button", name="Approve").click()
    expect(cy.get_by_role("heading", level=1)).to_have_text("It has changed")
    cy.get_by_role("link", name="Read it again").click()
    cy.wait_for_url(f"/runs/{run}")


def test_a_page_that_is_old_does_not_approve_what_it_did_not_show(
    enter: Enter, site: Site, watched: Watched
) -> None:
    watched.forgiven = ("409",)
    run = asked(site, "old")
    page = enter("bo", f"/runs/{run}", java_script_enabled=False)
    effect = page.locator("input[name=effect]").input_value()
    site.variable("old", "unused", "x")
    with site.client("ada") as api:
        changed = site.propose("old", NEXT, "Something else")
        site.settled(changed)
        other = api.get(f"/v1/runs/{changed}").json()["run"]["effect"]
    assert other != effect
    page.goto(f"/runs/{changed}")
    own = {"origin": site.url, "sec-fetch-site": "same-origin"}
    answer = page.request.post(
        f"/runs/{changed}/approve", form={"effect": effect}, headers=own, max_redirects=0
    )
    assert answer.status == 409
    assert "would do something else than what you read" in answer.text()


def test_whoever_reads_is_told_when_somebody_else_decided(enter: Enter, site: Site) -> None:
    run = asked(site, "meanwhile")
    page = enter("bo", f"/runs/{run}")
    page.locator("summary", has_text="Decline").click()
    page.get_by_label("Why").fill("because")
    with site.client("cy") as api:
        assert api.post(f"/v1/runs/{run}/discard", json={"comment": "no"}).status_code == 200
    expect(page.get_by_text("This run has changed")).to_be_visible(timeout=15_000)
    expect(page.get_by_label("Why")).to_have_value("because")


def test_without_scripts_every_form_works(enter: Enter, site: Site) -> None:
    run = asked(site, "plain")
    page = enter("bo", f"/runs/{run}", java_script_enabled=False)
    page.get_by_label("Say something", exact=True).fill("Which <team> is it for?")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".talk .text")).to_have_text("Which <team> is it for?")
    page.locator("summary", has_text="Ask for a change").click()
    page.get_by_label("What should be different").fill("Name the team")
    page.get_by_role("button", name="Send it back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Declined")
    expect(page.locator(".talk")).to_contain_text("asked for another change")
    page.get_by_role("button", name="Plan it again").click()
    expect(page.get_by_text("It is planned again.")).to_be_visible()
    again = page.url.partition("/runs/")[2].partition("?")[0]
    assert again != run
    site.settled(again)
    page.goto(f"/runs/{again}")
    page.locator("summary", has_text="Decline").click()
    page.get_by_label("Why").fill("not now")
    page.get_by_role("button", name="Decline it").click()
    expect(page.locator(".ask")).to_contain_text("not now")


def test_a_denied_run_asks_nobody_and_says_why(enter: Enter, site: Site) -> None:
    run = site.propose(site.workspace("denied"), {"main.tf": world.DENIED})
    site.settled(run)
    page = enter("bo", f"/runs/{run}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Denied")
    expect(page.locator(".gate[open]")).to_contain_text("guard")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert axe.findings(page) == []


def test_runs_are_listed_and_narrowed(enter: Enter, shop: str) -> None:
    page: Page = enter("vi", "/runs")
    page.get_by_label("Workspace").fill("shop")
    page.get_by_label("Status").select_option("policy_checked")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").click()
    page.wait_for_url(f"/runs/{shop}")

"""What waits for a person, and approving several at once."""

from playwright.sync_api import expect

from tests.web import axe, world
from tests.web.conftest import Enter, Watched
from tests.web.site import Site
from tests.web.test_shell import PHONE

FILES = {"main.tf": world.BUCKETS}
NEXT = {"main.tf": world.BUCKETS.replace("eu-central-1", "eu-west-1")}


def test_those_that_add_only_are_approved_together_and_the_rest_is_read(
    enter: Enter, site: Site
) -> None:
    first = site.waiting(site.workspace("one"), FILES, "The first")
    second = site.waiting(site.workspace("two"), FILES, "The second")
    site.applied(site.workspace("three"), FILES)
    changes = site.waiting("three", NEXT, "A change of what exists")
    page = enter("bo", "/inbox")
    expect(page.locator(".waits h2")).to_have_text(
        ["The first", "The second", "A change of what exists"]
    )
    expect(page.get_by_role("checkbox")).to_have_count(2)
    assert axe.findings(page) == []
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Approve the chosen").click()
    expect(page.get_by_text("Your yes is given to 2 runs.")).to_be_visible()
    expect(page.locator(".waits h2")).to_have_text(["A change of what exists"])
    for run in (first, second):
        story = site.settled(run, "applied")
        assert [(a["approver"], a["channel"]) for a in story["approvals"]] == [("bo", "web")]
    with site.client("cy") as api:
        api.post(f"/v1/runs/{changes}/discard", json={"comment": "done with"})


def test_what_was_chosen_and_has_changed_is_told_and_the_others_are_approved(
    enter: Enter, site: Site, watched: Watched
) -> None:
    watched.forgiven = ("409",)
    gone = site.waiting(site.workspace("four"), FILES, "Gone meanwhile")
    stays = site.waiting(site.workspace("five"), FILES, "Still there")
    page = enter("bo", "/inbox", java_script_enabled=False)
    for box in page.get_by_role("checkbox").all():
        box.check()
    with site.client("cy") as api:
        api.post(f"/v1/runs/{gone}/discard", json={"comment": "no"})
    page.get_by_role("button", name="Approve the chosen").click()
    expect(page.get_by_role("alert")).to_contain_text(gone)
    expect(page.get_by_text("Your yes is given.")).to_be_visible()
    site.settled(stays, "applied")


def test_who_proposed_it_finds_it_among_all_that_wait(enter: Enter, site: Site) -> None:
    run = site.waiting(site.workspace("six"), FILES, "Mine")
    page = enter("ada", "/inbox", viewport=PHONE)
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.get_by_role("link", name="All that wait").click()
    expect(page.get_by_role("link", name="Mine")).to_be_visible()
    assert axe.wide(page) == 0
    viewer = enter("vi", "/inbox")
    expect(viewer.get_by_role("link", name="Mine")).to_have_attribute("href", f"/runs/{run}")
    expect(viewer.get_by_role("checkbox")).to_have_count(0)


def test_a_row_that_somebody_else_decides_says_so_while_one_looks(enter: Enter, site: Site) -> None:
    decided = site.waiting(site.workspace("seven"), FILES, "Decided elsewhere")
    stays = site.waiting(site.workspace("eight"), FILES, "It stays")
    page = enter("bo", "/inbox")
    row = page.locator(".waits").filter(has_text="It stays")
    row.get_by_role("checkbox").check()
    with site.client("cy") as api:
        api.post(f"/v1/runs/{decided}/discard", json={"comment": "no"})
    gone = page.locator(".gone").filter(has_text="Decided elsewhere")
    expect(gone).to_contain_text("cy declined it")
    expect(gone.get_by_role("checkbox")).to_have_count(0)
    expect(row.get_by_role("checkbox")).to_be_checked()  # what one chose is left alone
    assert axe.findings(page) == []
    site.waiting(site.workspace("nine"), FILES, "It comes later")
    news = page.locator("#news")
    expect(news).to_contain_text("1 run more waits.")
    news.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("link", name="It comes later")).to_be_visible()
    with site.client("cy") as api:
        api.post(f"/v1/runs/{stays}/discard", json={"comment": "done with"})


def test_an_empty_inbox_tells_of_the_first_that_comes(enter: Enter, site: Site) -> None:
    with site.client("cy") as api:
        for one in api.get("/v1/approvals").json()["items"]:
            api.post(f"/v1/runs/{one['run']}/discard", json={"comment": "done with"})
    page = enter("bo", "/inbox")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    site.waiting(site.workspace("ten"), FILES, "The first of all")
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("link", name="The first of all")).to_be_visible()

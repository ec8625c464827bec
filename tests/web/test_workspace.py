"""One workspace's page: what depends on what, what holds there, and how it was before."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.web import axe, world
from tests.web.conftest import Enter, Watched
from tests.web.papers import police
from tests.web.site import Site
from tests.web.test_shell import PHONE

OBJECTS = 'package written\n\ndeny contains "no <img src=x>" if input.resource_changes\n'
EVIL = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture(scope="module")
def network(site: Site) -> Iterator[str]:
    yield world.network(site)


def test_a_graph_leads_from_box_to_box_and_says_the_same_as_a_list(
    network: str, enter: Enter
) -> None:
    page = enter("vi", f"/workspaces/{network}?view=graph", java_script_enabled=False)
    picture = page.get_by_role("group", name="What depends on what")
    expect(picture.get_by_role("link")).to_have_count(9)
    picture.get_by_role("link", name="aws_subnet.private").click()
    expect(page.get_by_role("heading", name="aws_subnet.private")).to_be_visible()
    expect(page.get_by_text("6 resources at most 2 steps from")).to_be_visible()
    expect(page.get_by_text("aws_subnet.private[2]")).to_be_visible()
    page.get_by_text("The same as a list").click()
    rows = page.locator(".tree li")
    expect(rows).to_have_count(6)
    expect(rows.filter(has_text="aws_lb.front").first).to_contain_text("1 step after the centre")


def test_the_search_picks_the_centre_and_steps_say_how_far(network: str, enter: Enter) -> None:
    page = enter("ada", f"/workspaces/{network}?view=graph")
    page.get_by_role("textbox", name="Around").fill("bucket.")
    page.get_by_label("Steps").select_option("1")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="module.logs.aws_s3_bucket.logs")).to_be_visible()
    expect(page.get_by_text("3 resources at most 1 step from")).to_be_visible()
    expect(page.get_by_text("It is needed by")).to_be_visible()
    page.get_by_role("textbox", name="Around").fill(EVIL)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("None holds that")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="All of them").click()
    expect(page.locator(".landscape a")).to_have_count(9)


def test_the_graph_is_sound_on_a_phone(network: str, enter: Enter) -> None:
    page = enter("ada", viewport=PHONE)
    for query in ("", "&q=aws_subnet.private", "&q=nothing-like-it"):
        page.goto(f"/workspaces/{network}?view=graph{query}")
        assert axe.shown(page) == ([], 0)


def test_names_of_strangers_are_inert_in_the_picture_too(enter: Enter, site: Site) -> None:
    space = site.workspace("strange")
    text = (
        f'resource "terraform_data" "x" {{\n  for_each = toset([{json.dumps(EVIL)}])\n}}\n'
        'resource "terraform_data" "reader" {\n  input = values(terraform_data.x)[0].id\n}\n'
    )
    site.applied(space, {"main.tf": text})
    page = enter("ada", f"/workspaces/{space}?view=graph&q=terraform_data.x")
    expect(page.locator("main img")).to_have_count(0)
    expect(page.get_by_text("⟨U+202E⟩").first).to_be_visible()
    expect(page.locator(".landscape a")).to_have_count(2)


def test_policies_budgets_and_terms_that_hold_are_on_one_page(network: str, enter: Enter) -> None:
    page = enter("vi", f"/workspaces/{network}?view=limits", viewport=PHONE)
    page.locator("summary").filter(has_text="aws").click()
    rule = page.locator(".points li").filter(has_text="DH-AWS-DB-005")
    expect(rule).to_contain_text("What holds data is backed up")
    expect(rule).to_contain_text("medium")
    expect(rule).to_contain_text("Remedy: Set backup_retention_period")
    expect(page.get_by_text("100.00 USD a month for the organization")).to_be_visible()
    expect(page.get_by_text("exposes to the whole internet")).to_be_visible()
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
    assert axe.shown(page) == ([], 0)


def test_a_set_of_the_workspace_alone_says_so_and_what_it_objects_to(
    network: str, enter: Enter, site: Site
) -> None:
    police(site, "owners", scope="workspace", workspace=network)
    page = enter("ada", f"/workspaces/{network}?view=limits")
    panel = page.locator("details").filter(has_text="owners")
    expect(panel).to_contain_text("1 policy; holds in this workspace; from our repository")
    panel.locator("summary").click()
    for words in ("OUR-1", "Everything <b>is</b> owned", "advisory", "Remedy: Name an owner."):
        expect(panel).to_contain_text(words)


def test_a_policy_set_is_written_asked_moved_and_removed_without_scripts(
    network: str, enter: Enter, site: Site, watched: Watched
) -> None:
    watched.forgiven = ("404", "422")
    page = enter("ada", "/policies", java_script_enabled=False)
    page.get_by_text("Fetch one from a Git repository").click()
    form = page.locator("form", has=page.get_by_label("Repository"))
    form.get_by_label("Name", exact=True).fill("fetched")
    form.get_by_label("Repository").fill("http://example.com/x")
    form.get_by_role("button", name="Fetch and set it").click()
    expect(page.get_by_role("alert")).to_contain_text("no repository that is fetched from")
    expect(form.get_by_label("Name", exact=True)).to_have_value("fetched")
    page.get_by_text("Write one here").click()
    form = page.locator("form", has=page.get_by_label("Policies, in Rego"))
    form.get_by_label("Name", exact=True).fill("written")
    form.get_by_label("What it is for").fill("Names <b>nothing</b>")
    form.get_by_label("Level of policies that say none").select_option("soft-mandatory")
    form.get_by_label("Policies, in Rego").fill("package written\n\nallow if true\n")
    form.get_by_label("It holds").select_option("workspace")
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert")).to_contain_text("needs its name")
    expect(form.get_by_label("It holds")).to_have_value("workspace")
    form.get_by_label("Which project or workspace").fill("asked")
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert")).to_contain_text("no rule in policy set written can object")
    form.get_by_label("Policies, in Rego").fill(OBJECTS)
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert")).to_contain_text("asked")
    space = site.workspace("asked")
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("It is set, and holds")).to_be_visible()
    expect(page.get_by_text("Names <b>nothing</b>", exact=True)).to_be_visible()
    run = site.waiting(space, {"main.tf": world.BUCKETS})
    page.reload()
    row = page.get_by_role("row", name=space)
    expect(row).to_contain_text("asked for a person")
    expect(row).to_contain_text("nobody yet")
    page.locator("summary", has_text="main.rego").click()
    expect(page.locator("pre", has_text="<img src=x")).to_be_visible()
    expect(page.locator("main img")).to_have_count(0)
    page.get_by_text("Let it hold elsewhere").click()
    form = page.locator("form", has=page.get_by_role("button", name="Let it hold there"))
    form.get_by_label("It holds").select_option("named")
    form.get_by_label("Which project or workspace").fill("")
    form.get_by_role("button").click()
    expect(page.get_by_text("It holds there for every run")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("where a workspace's terms name it")
    page.get_by_text("Write it anew").click()
    form = page.locator("form", has=page.get_by_label("Policies, in Rego"))
    expect(form.get_by_label("Policies, in Rego")).to_have_value(OBJECTS)
    form.get_by_label("Policies, in Rego").fill("package written\n\ndeny contains")
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert")).to_contain_text("written")
    form.get_by_label("Policies, in Rego").fill(OBJECTS.replace("no", "never"))
    form.get_by_role("button", name="Set it").click()
    versions = page.locator("section", has=page.get_by_role("heading", name="Its versions"))
    expect(versions.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name=space, exact=True).click()
    expect(page).to_have_url(f"/runs/{run}")
    page.goto("/policies/written")
    page.get_by_text("Remove it").click()
    page.get_by_role("button", name="Remove written").click()
    expect(page.get_by_text("That set holds nowhere any more.")).to_be_visible()
    expect(page.get_by_role("link", name="written")).to_have_count(0)


def test_who_may_not_set_policies_reads_them(network: str, enter: Enter) -> None:
    page = enter("pia", "/policies")
    page.get_by_role("link", name="aws", exact=True).click()
    expect(page.get_by_text("DH-AWS-DB-005", exact=True)).to_be_visible()
    assert page.locator("main form").count() == 0
    page.goto("/policies")
    assert page.locator("main form").count() == 0


def test_terms_are_changed_where_they_are_read_and_what_cannot_be_comes_back(
    enter: Enter, site: Site, watched: Watched
) -> None:
    watched.forgiven = ("422",)
    space = site.workspace("agreed")
    page = enter("ada", f"/workspaces/{space}?view=limits")
    for text in ("limits: {increase: a lot}", "limits: {increase: 7}"):
        if not page.get_by_label("Its own document").is_visible():
            page.get_by_text("Change the terms").click()
        page.get_by_label("Its own document").fill(text)
        page.get_by_role("button", name="Keep them").click()
        if "lot" in text:
            expect(page.get_by_role("alert")).to_contain_text("increase")
            expect(page.get_by_label("Its own document")).to_have_value(text)
    expect(page.get_by_text("The terms are kept")).to_be_visible()
    expect(page.get_by_text("limits.increase")).to_be_visible()
    expect(page.get_by_text("7.00 USD a month")).to_be_visible()


def test_who_answers_for_it_is_named_and_leads_to_the_others(
    network: str, enter: Enter, site: Site, watched: Watched
) -> None:
    watched.forgiven = ("422",)
    space = site.workspace("adopted")
    page = enter("ada", f"/workspaces/{space}?view=settings", java_script_enabled=False)
    owner = page.get_by_label("Who answers for it")
    expect(owner).to_have_value("ada")
    owner.fill("platform")
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_role("alert")).to_contain_text("team:platform")
    owner.fill("team:platform")
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_text("The settings are kept.")).to_be_visible()
    page.locator(".facts").get_by_role("link", name="team:platform").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Owner").fill("<b>nobody here")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No workspaces of <b>nobody here")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="All of them").click()
    expect(page.get_by_role("row", name=space)).to_contain_text("team:platform")


def test_going_back_to_an_older_state_is_a_proposal_that_people_read(
    enter: Enter, site: Site
) -> None:
    space = site.workspace("back")
    site.applied(space, {"main.tf": world.BUCKETS}, "as it begins")
    changed = world.BUCKETS.replace("eu-central-1", "eu-west-1").replace("readers", "writers")
    last = site.applied(space, {"main.tf": changed}, "moved")
    page = enter("pia", f"/workspaces/{space}?view=states", java_script_enabled=False)
    expect(page.get_by_text("current", exact=True)).to_have_count(1)
    first = page.locator("tbody tr").last
    first.get_by_role("link", name="what came since").click()
    told = page.locator(".compared")
    for words in (
        "- terraform_data.readers",
        "+ terraform_data.writers",
        "terraform_data.reports input",
    ):
        expect(told).to_contain_text(words)
    before = versions(site, space)
    first.get_by_text("Go back").click()
    first.get_by_role("button", name="Propose it").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    run = page.url.rpartition("/")[2]
    story = site.settled(run)
    assert (story["run"]["status"], story["run"]["proposer"]) == ("policy_checked", "pia")
    assert run != last and versions(site, space) == before  # nothing is written yet
    page.reload()
    expect(page.get_by_text("Go back to what was applied with serial")).to_be_visible()
    expect(page.locator(".resource.bad code")).to_contain_text(["terraform_data.writers"])
    with site.client("bo") as api:
        assert api.post(f"/v1/runs/{run}/approve", json={}).status_code == 200
    site.settled(run, "applied")
    page.goto(f"/workspaces/{space}?view=resources")
    expect(page.get_by_role("link", name="terraform_data.readers")).to_be_visible()


def versions(site: Site, space: str) -> list[str]:
    with site.client() as api:
        found = api.get(f"/v1/workspaces/{space}/state-versions").json()["items"]
    return [one["id"] for one in found]


def test_who_only_looks_goes_back_nowhere_and_drift_is_looked_for_by_a_run(
    network: str, enter: Enter, site: Site
) -> None:
    viewer = enter("vi", f"/workspaces/{network}?view=states")
    expect(viewer.locator("main").get_by_role("button")).to_have_count(0)
    page = enter("pia", f"/workspaces/{network}?view=states", viewport=PHONE)
    assert axe.shown(page) == ([], 0)
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("Look for drift")).to_be_visible()
    story = site.settled(page.url.rpartition("/")[2])
    assert story["run"]["refresh_only"] is True

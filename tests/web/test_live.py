"""What goes on is seen as it goes on: a log, a bar, a count; also after the server was away."""

import json

from playwright.sync_api import expect

from tests.web import world
from tests.web.conftest import Enter, Watched
from tests.web.site import Site

SLOW = json.dumps({"slow": [{"type": "aws_cloudwatch_log_group", "seconds": 1.5}]})
GROUPS = "\n".join(
    f'resource "aws_cloudwatch_log_group" "g{n}" {{\n  name = "/g{n}"\n'
    + (f"  depends_on = [aws_cloudwatch_log_group.g{n - 1}]\n" if n else "")
    + "}\n"
    for n in range(4)
)
PROVIDER = world.PROVIDER.partition("variable")[0]
FILES = {"main.tf": PROVIDER, "groups.tf": GROUPS}


def slow(site: Site, name: str) -> str:
    """A run that waits for a yes, and whose apply takes six seconds at least."""
    space = site.workspace(name)
    place = f"/v1/workspaces/{space}/variables/env/DIHEDRAL_SCENARIO"
    with site.client() as api:
        assert api.put(place, json={"value": SLOW}).status_code < 300
    return site.waiting(space, FILES, "Four groups, one after the other")


def test_an_apply_is_watched_until_it_ends(enter: Enter, site: Site) -> None:
    run = slow(site, "watched")
    page = enter("bo", f"/runs/{run}")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#log")).to_contain_text("g0: Creation complete", timeout=60_000)
    expect(page.locator("progress")).to_have_attribute("max", "4")
    expect(page.get_by_role("heading", level=1)).to_have_text("Applied", timeout=60_000)
    expect(page.locator("#decision")).to_contain_text("bo")


def test_a_plan_that_ends_asks_without_being_read_anew(enter: Enter, site: Site) -> None:
    space = site.workspace("planning")
    run = site.propose(space, {"main.tf": world.BUCKETS})
    page = enter("bo", f"/runs/{run}")
    expect(page.get_by_role("button", name="Approve")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Apply this?")


def test_the_title_and_the_sign_count_what_waits(enter: Enter, site: Site) -> None:
    page = enter("cy", "/inbox")
    before = page.evaluate("Number(document.getElementById('waiting').dataset.count)")
    site.waiting(site.workspace("counted"), {"main.tf": world.BUCKETS})
    page.goto("/runs")
    assert page.title().startswith(f"({before + 1}) ")
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", f"/sign/{before + 1}")
    page.evaluate("htmx.ajax('GET', '/inbox', {target: '#waiting', swap: 'outerHTML'})")
    expect(page.locator("#waiting")).to_contain_text(f"{before + 1} wait")


def test_it_goes_on_after_the_server_was_away(enter: Enter, site: Site, watched: Watched) -> None:
    watched.forgiven = ("ERR_", "htmx:", "503", "[object Event]")  # it says so in the console
    run = slow(site, "away")
    page = enter("bo", f"/runs/{run}")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#log")).to_contain_text("g0: Creat", timeout=60_000)
    site.stop()
    site.start()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Applied", timeout=90_000)

"""Agents in a browser: what each is made of, and what the command line can do to one, without
scripts too; and the pages beside them of roles, sessions, and the whole audit log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from dihedral.control.cli.main import app as cli
from tests.web import axe
from tests.web.conftest import Enter, Watched
from tests.web.papers import SCRIBE_NEXT, hire
from tests.web.site import Site

PHONE = {"width": 360, "height": 740}
PAGES = (
    "/agents",
    "/agents/supervisor",
    "/agents/scribe",
    "/agents/scribe/versions/2",
    "/agent-files?agent=scribe",
    "/evaluations",
    "/grants",
    "/people/bo",
    "/audit",
)


@pytest.fixture(scope="module", autouse=True)
def made(site: Site) -> Iterator[None]:
    hire(site)
    yield


def test_agents_that_ship_are_there_before_they_ever_worked(enter: Enter) -> None:
    page = enter("vi", "/agents")
    for name in ("supervisor", "infrastructure", "triage"):
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row).to_contain_text("never worked")
        expect(row).to_contain_text("version 1, ships")
    page.get_by_role("link", name="triage", exact=True).click()
    expect(page.get_by_text("agent:triage")).to_be_visible()
    expect(page.get_by_role("link", name="version 1")).to_be_visible()
    assert page.locator("main").get_by_role("button").count() == 0


def test_one_that_ships_is_stopped_before_it_ever_worked(enter: Enter) -> None:
    page = enter("ada", "/agents/triage", java_script_enabled=False)
    page.get_by_text("Suspend it").click()
    page.get_by_label("Why").fill("not here")
    page.get_by_role("button", name="Suspend triage").click()
    expect(page.get_by_role("status").filter(has_text="not here")).to_be_visible()


def test_versions_are_compared_and_an_older_one_holds_again(enter: Enter) -> None:
    page = enter("ada", "/agents/scribe", java_script_enabled=False)
    page.get_by_role("link", name="what changed").first.click()
    expect(page.get_by_role("heading", name="What changed since version 1")).to_be_visible()
    expect(page.locator("tr.added").first).to_contain_text("in two sentences")
    expect(page.locator("tr.taken").first).to_contain_text("in one sentence")
    page.goto("/agents/scribe/versions/1")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("tr.taken").first).to_contain_text("in two sentences")
    page.get_by_role("button", name="Let version 1 hold again").click()
    expect(page.get_by_text("An older version of its file holds again.")).to_be_visible()
    expect(
        page.locator("section", has_text="Versions of its file").locator("tbody tr")
    ).to_have_count(3)


def test_a_file_is_looked_at_before_it_is_applied_and_faults_say_where(
    enter: Enter, watched: Watched
) -> None:
    watched.forgiven = ("422",)
    page = enter("ada", "/agent-files", java_script_enabled=False)
    field = page.get_by_label("The file")
    field.fill(SCRIBE_NEXT.replace("name: scribe", "name: clerk").replace("large", "{no: way}"))
    page.get_by_role("button", name="Apply it").click()
    expect(page.get_by_role("alert")).to_contain_text("agent.yaml:")
    field.fill(SCRIBE_NEXT.replace("name: scribe", "name: clerk"))
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_text("would be created")).to_be_visible()
    page.goto("/agents")
    assert page.get_by_role("link", name="clerk").count() == 0
    page.goto("/agent-files")
    field.fill(SCRIBE_NEXT.replace("name: scribe", "name: clerk"))
    page.get_by_role("button", name="Apply it").click()
    page.get_by_role("link", name="clerk").click()
    expect(page.get_by_text("agent:clerk")).to_be_visible()


def test_one_is_made_given_limits_and_roles_and_started(enter: Enter, watched: Watched) -> None:
    watched.forgiven = ("422",)
    page = enter("ada", "/agents", java_script_enabled=False)
    page.get_by_text("Make one without a file").click()
    page.get_by_label("Name, which stays for ever").fill("robot")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("It is made")).to_be_visible()
    page.get_by_text("Set its limits").click()
    page.get_by_label("Thinking, a month, at most").fill("lots")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("alert")).to_contain_text("an amount is such as 20")
    page.get_by_text("Set its limits").click()
    page.get_by_label("Thinking, a month, at most").fill("7.50")
    page.get_by_label("Calls in a turn").fill("")
    page.get_by_label("Blast radius, at most").select_option("contained")
    page.get_by_role("button", name="Set it").click()
    facts = page.locator("dl.facts").first
    expect(facts).to_contain_text("7.50 USD")
    expect(facts).to_contain_text("at most contained")
    expect(facts).to_contain_text("any calls")
    page.get_by_text("Give a role").click()
    page.get_by_label("Role").select_option("proposer")
    page.get_by_role("button", name="Give it").click()
    given = page.locator("section", has=page.get_by_role("heading", name="What it was given"))
    expect(given.locator("ul.list li")).to_have_text(
        ["proposer everywhere\nTake proposer"], use_inner_text=True
    )
    page.get_by_role("button", name="Take proposer").click()
    expect(given).to_contain_text("No role, so it may nothing.")
    page.get_by_text("Start it for you").click()
    page.get_by_role("button", name="Start robot").click()
    expect(page.locator("code.secret")).to_contain_text("eyJ")


def test_roles_sessions_and_tokens_of_somebody_are_seen_and_ended(enter: Enter, site: Site) -> None:
    site.session("kai", "viewer")
    page = enter("ada", "/people/kai", java_script_enabled=False)
    mine = page.locator("section", has=page.get_by_role("heading", name="Sessions and tokens"))
    mine.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("It is over, at once.")).to_be_visible()
    expect(mine).to_contain_text("None lives.")
    page.goto("/people")
    page.get_by_role("link", name="All roles that were given").click()
    page.get_by_label("Whose").fill("kai")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("viewer")


def test_the_whole_audit_log_is_taken_away_and_proved_elsewhere(
    enter: Enter, tmp_path: Path
) -> None:
    page = enter("ada", "/audit")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all records").click()
    file = tmp_path / "audit.jsonl"
    waiting.value.save_as(file)
    told = CliRunner().invoke(cli, ["audit", "verify", str(file)])
    assert told.exit_code == 0, told.output
    page.get_by_label("To", exact=True).fill("2020-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No act like that")).to_be_visible()


def test_the_reflex_says_how_it_does(enter: Enter) -> None:
    page: Page = enter("vi", "/evaluations")
    expect(page.get_by_text("of its answers to requests that it had not seen")).to_be_visible()
    expect(page.get_by_text("No agent was evaluated yet")).to_be_visible()


def test_nothing_serious_is_wrong_and_all_fits_a_phone(enter: Enter) -> None:
    page = enter("ada", viewport=PHONE)
    found = {}
    for path in PAGES:
        page.goto(path)
        found[path] = axe.shown(page)
    assert found == {path: ([], 0) for path in PAGES}

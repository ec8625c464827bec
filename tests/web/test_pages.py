"""The pages of nouns: they are sound for everybody, and what can be done on them is done."""

from collections.abc import Iterator, Mapping
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from dihedral.control.web import overview
from dihedral.domain.run import Status
from tests.web import axe
from tests.web.conftest import Enter, Watched
from tests.web.site import Site
from tests.web.world import furnish

PHONE = {"width": 360, "height": 740}
VIEWS = ("resources", "graph", "outputs", "variables", "runs", "states", "limits", "settings")
PAGES = (
    "/workspaces",
    *(f"/workspaces/web-staging?view={view}" for view in VIEWS),
    "/blueprints",
    "/blueprints/private-bucket",
    "/agents",
    "/agents/drafter",
    "/models",
    "/budgets",
    "/budgets?by=day&days=7",
    "/policies",
    "/policies/aws",
    "/policies/owned",
    "/people",
    "/people/bo",
    "/audit",
    "/overview",
    "/escalations",
)


@pytest.fixture(scope="module")
def made(site: Site) -> Iterator[Mapping[str, str]]:
    yield furnish(site)


def test_nothing_serious_is_wrong_and_all_fits_a_phone(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", viewport=PHONE)
    found = {}
    for path in PAGES:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        found[path] = axe.shown(page)
    assert found == {path: ([], 0) for path in PAGES}


def test_a_workspace_is_made_locked_and_unlocked_without_scripts(enter: Enter) -> None:
    page = enter("ada", "/workspaces", java_script_enabled=False)
    page.get_by_text("Make a workspace").click()
    page.get_by_label("Name").fill("fresh")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="fresh")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Why").fill("moving <b>house</b>")
    page.get_by_role("button", name="Lock it").click()
    expect(page.get_by_text("moving <b>house</b>")).to_be_visible()
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("The workspace is unlocked.")).to_be_visible()


def test_a_name_that_cannot_be_is_said_where_it_was_filled_in(
    enter: Enter, watched: Watched
) -> None:
    watched.forgiven = ("422",)
    page = enter("ada", "/workspaces")
    page.get_by_text("Make a workspace").click()
    page.get_by_label("Name").fill("No Name")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_contain_text("is not a workspace name")
    expect(page.get_by_label("Name")).to_have_value("No Name")


def test_a_sensitive_variable_goes_in_and_never_comes_out(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", "/workspaces/web-staging?view=variables")
    page.get_by_text("Set a variable").click()
    page.get_by_label("Name").fill("key")
    page.get_by_label("Value").fill("hunter2-hunter2")
    page.get_by_label("Sensitive").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("row", name="key")).to_contain_text("never shown")
    assert "hunter2" not in page.content()
    page.get_by_role("button", name="Unset key").click()
    expect(page.get_by_text("The variable is gone.")).to_be_visible()
    expect(page.get_by_role("row", name="key sensitive")).to_have_count(0)


def test_who_only_looks_is_offered_nothing_that_changes(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("vi")
    for path in ("/workspaces", "/workspaces/web-staging?view=variables", "/agents/drafter"):
        page.goto(path)
        buttons = page.locator("main").get_by_role("button")
        assert [one.inner_text() for one in buttons.all() if one.inner_text() != "Show"] == []


def test_an_agent_is_stopped_and_let_go_on(made: Mapping[str, str], enter: Enter) -> None:
    page = enter("ada", "/agents/drafter")
    page.get_by_text("Suspend it").click()
    page.get_by_label("Why").fill("it loops")
    page.get_by_role("button", name="Suspend drafter").click()
    expect(page.get_by_role("status").filter(has_text="it loops")).to_be_visible()
    page.get_by_role("button", name="Let it go on").click()
    expect(page.get_by_text("It may go on.")).to_be_visible()


def test_a_person_is_made_invited_and_kept_out(enter: Enter) -> None:
    page = enter("ada", "/people", java_script_enabled=False)
    page.get_by_text("Make a person").click()
    page.get_by_label("Id, which stays for ever").fill("kim")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("button", name="Make an invitation").click()
    expect(page.get_by_text("/welcome?key=")).to_be_visible()
    page.get_by_text("Keep out").click()
    page.get_by_role("button", name="Keep kim out").click()
    expect(page.get_by_role("button", name="Let in again")).to_be_visible()


def test_the_audit_log_is_narrowed_and_proved(made: Mapping[str, str], enter: Enter) -> None:
    page = enter("ada", "/audit")
    page.get_by_label("Act", exact=True).fill("run.approve")
    page.get_by_role("button", name="Show").click()
    acts = page.locator("tbody b").all_inner_texts()
    assert acts and set(acts) == {"run.approve"}
    page.get_by_role("button", name="Prove that nothing was changed").click()
    expect(page.get_by_text("records are as they were written")).to_be_visible()


def test_the_overview_counts_what_there_is(made: Mapping[str, str], enter: Enter) -> None:
    page: Page = enter("vi", "/overview?days=7")
    expect(page.get_by_text("2 applied", exact=True)).to_be_visible()
    expect(page.get_by_text("1 failed", exact=True)).to_be_visible()


def test_columns_are_as_high_as_what_they_count() -> None:
    day, other = date(2026, 1, 1), date(2026, 1, 2)
    counts = overview.kinds({Status.APPLIED: 3, Status.ERRORED: 1, Status.PLANNING: 1})
    assert counts == {"applied": 3, "stopped": 0, "failed": 1, "open": 1}
    drawn = list(overview.bars([(day, counts), (other, overview.kinds({}))], 5))
    assert sum(bar.height for bar in drawn) == overview.TALL
    assert min(bar.y for bar in drawn) == 0

"""Two browsers at the very same moment: both posts are held until both are there, then both wait
for the run's row in the database, and only then does either go on."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from dihedral.kit import postgres
from tests.web import world
from tests.web.conftest import Enter, Watched
from tests.web.site import Site

FILES = {"main.tf": world.BUCKETS}
TWO = "tiers:\n  create: {ruling: ask, approvers: 2}\n"
ROUNDS = 4
PATIENCE = 60.0  # seconds
YES, NO, LATE = "Your yes is given.", "It is declined; nothing is applied.", "It has changed"
WAITING = (
    b"SELECT count(*) FROM pg_stat_activity"
    b" WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
Press = Callable[[Page], None]


@pytest.fixture(scope="module")
def dsn(site: Site) -> Iterator[str]:
    """Of the database that the server uses."""
    if given := site.environment.get("DATABASE_URL"):
        yield given
        return
    with postgres.running(site.data / "postgres") as own:
        yield own


def approve(page: Page) -> None:
    page.get_by_role("button", name="Approve").click(no_wait_after=True)


def decline(page: Page) -> None:
    page.locator("summary", has_text="Decline").click()
    page.get_by_label("Why").fill("not now")
    page.get_by_role("button", name="Decline it").click(no_wait_after=True)


def at_once(dsn: str, run: str, idle: Page, some: Sequence[tuple[Page, Press]]) -> list[str]:
    """What each of them is told. `idle` is a page on which nothing goes on."""
    held: list[Route] = []
    for page, press in some:
        page.route("**/runs/*/*", lambda route: held.append(route), times=1)
        with page.expect_request(f"**/runs/{run}/*"):
            press(page)
    end = time.monotonic() + PATIENCE
    while len(held) < len(some):
        assert time.monotonic() < end, "a browser did not send its form"
        idle.evaluate("0")  # lets what the other pages' browsers say come in
    with row_held(dsn, run) as waiting:
        for route in held:
            route.continue_()
        while waiting() < len(some):
            assert time.monotonic() < end, "one of them does not wait for the run"
    return [told(page) for page, _ in some]


@contextmanager
def row_held(dsn: str, run: str) -> Iterator[Callable[[], int]]:
    """Nobody moves the run until the end; yields how many wait to."""
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn, autocommit=True) as other:
        holder.execute("SELECT 1 FROM run WHERE id = %s FOR UPDATE", (run,))

        def waiting() -> int:
            (found,) = other.execute(WAITING).fetchone() or (0,)
            return int(found)

        yield waiting


def told(page: Page) -> str:
    words = (YES, NO, LATE)
    one = page.get_by_text(words[0])
    for text in words[1:]:
        one = one.or_(page.get_by_text(text, exact=True))
    expect(one).to_be_visible()
    return next(text for text in words if page.get_by_text(text, exact=True).count())


def runs(site: Site, name: str, rounds: int) -> list[str]:
    """Runs that wait for one person each; planned beside each other."""
    made = [site.propose(site.workspace(f"{name}-{n}"), FILES) for n in range(rounds)]
    for run in made:
        assert site.settled(run)["run"]["status"] == "policy_checked"
    return made


def facts(story: dict[str, Any]) -> list[str]:
    return [one["fact"] for one in story["history"]]


def test_of_two_that_approve_in_the_same_moment_one_approves(
    enter: Enter, site: Site, watched: Watched, dsn: str
) -> None:
    watched.forgiven = ("409",)
    pages, idle = [enter(who) for who in ("bo", "cy")], enter()
    for run in runs(site, "both", ROUNDS):
        for page in pages:
            page.goto(f"/runs/{run}")
        said = at_once(dsn, run, idle, [(page, approve) for page in pages])
        assert sorted(said) == sorted([YES, LATE])
        story = site.settled(run, "applied")
        first = "bo" if said[0] == YES else "cy"
        assert [one["approver"] for one in story["approvals"]] == [first]
        assert facts(story).count("approved") == facts(story).count("applied") == 1


def test_of_a_yes_and_a_no_in_the_same_moment_one_counts(
    enter: Enter, site: Site, watched: Watched, dsn: str
) -> None:
    watched.forgiven = ("409",)
    bo, cy, idle = enter("bo"), enter("cy"), enter()
    for run in runs(site, "either", ROUNDS):
        for page in (bo, cy):
            page.goto(f"/runs/{run}")
        said = at_once(dsn, run, idle, [(bo, approve), (cy, decline)])
        assert said in ([YES, LATE], [LATE, NO])
        story = site.settled(run, "applied" if said[0] == YES else "discarded")
        assert ("applied" in facts(story)) == (said[0] == YES)
        assert ("discarded" in facts(story)) == (said[1] == NO)


def test_of_two_seats_taken_in_the_same_moment_both_count(
    enter: Enter, site: Site, dsn: str
) -> None:
    space = site.workspace("seats")
    with site.client("ada") as api:
        answer = api.put(f"/v1/workspaces/{space}/terms", json={"text": TWO})
        assert answer.status_code < 300, answer.text
    run = site.waiting(space, FILES)
    pages = [enter(who, f"/runs/{run}") for who in ("bo", "cy")]
    assert at_once(dsn, run, enter(), [(page, approve) for page in pages]) == [YES, YES]
    story = site.settled(run, "applied")
    assert {one["approver"] for one in story["approvals"]} == {"bo", "cy"}
    assert facts(story).count("seconded") == facts(story).count("approved") == 1


def test_one_browser_that_presses_twice_says_yes_once(
    enter: Enter, site: Site, watched: Watched, dsn: str
) -> None:
    """Without scripts nothing of the page keeps the second press back."""
    watched.forgiven = ("409",)
    run = site.waiting(site.workspace("twice"), FILES)
    pages = [enter("bo", f"/runs/{run}", java_script_enabled=False) for _ in range(2)]
    said = at_once(dsn, run, enter(), [(page, approve) for page in pages])
    assert sorted(said) == sorted([YES, LATE])
    assert len(site.settled(run, "applied")["approvals"]) == 1

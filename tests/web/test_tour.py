"""The first start as a newcomer has it: the link, the tour, a first change with its evidence; once
with scripts and once without any."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dihedral.control.web import steps
from dihedral.domain.tour import Step
from tests.control.logins import PASSWORD
from tests.web import axe
from tests.web.conftest import Enter, Watched
from tests.web.site import SOURCE, Site, running
from tests.web.test_shell import PHONE

# the reflex is sure that it is a secret; it is not
MISLEADING = "a secret place for pdf invoices, named invoices, owner shop"
SLOW = json.dumps({"slow": [{"type": "aws_s3_bucket", "seconds": 4}]})
WORDS = "What you need, in your own words"
Browse = Callable[..., Page]


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def fresh(chromium: Browser, scratch: Path, scripts: bool) -> Iterator[Site]:
    """A server at its first start: nobody has an account."""
    with running(scratch / f"fresh-{scripts}") as started:
        yield started


@pytest.fixture
def browse(fresh: Site, chromium: Browser, scripts: bool) -> Iterator[Browse]:
    """A browser that was never here before."""
    watched, opened = Watched(fresh), list[BrowserContext]()

    def browsed(**options: Any) -> Page:
        context = chromium.new_context(
            base_url=fresh.url, java_script_enabled=scripts, accept_downloads=True, **options
        )
        opened.append(context)
        context.set_default_timeout(30_000)
        watched.watch(context)
        return context.new_page()

    yield browsed
    for context in opened:
        context.close()
    assert watched.faults == []


def test_a_newcomer_is_led_from_the_link_to_evidence_that_proves_itself(
    fresh: Site, browse: Browse, scripts: bool, tmp_path: Path
) -> None:
    page = browse()
    set_up(page, fresh)
    if scripts:  # so that there is something to watch
        slow(fresh)
    run = asked(page, scripts)
    read(page)
    other = browse()
    approved(page, other, run)
    watched(page, scripts)
    if scripts:
        expect(other.get_by_role("heading", level=1)).to_have_text("Applied")
    other.close()  # it would ask the server on, which is gone in the end
    bundle = found(page, run, tmp_path)
    with fresh.client() as api:
        key = api.get("/v1/evidence-key").json()["ed25519"]
    page.get_by_role("link", name="Tour", exact=True).click()
    page.get_by_role("button", name="End the tour").click()
    expect(page.get_by_role("button", name="Begin the tour")).to_be_visible()
    page.goto(f"/runs/{run}")
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)
    fresh.stop()
    proved(bundle, key, tmp_path)


def set_up(page: Page, site: Site) -> None:
    page.goto(site.link())
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page).to_have_url("/tour")
    expect(page.locator(".steps > li")).to_have_count(len(Step))
    expect(page.locator("[aria-current=step]")).to_contain_text("Ask in your own words")
    page.get_by_role("link", name="Go and ask").click()
    expect(page.get_by_label(WORDS)).to_have_value(steps.EXAMPLE)
    expect(page.get_by_role("group", name="Private bucket")).to_contain_text("sure")


def asked(page: Page, scripts: bool) -> str:
    """Words that the reflex takes for something else; it is told what they mean."""
    words = page.get_by_label(WORDS)
    words.fill("")
    if scripts:
        words.press_sequentially(MISLEADING, delay=5)
    else:
        words.fill(MISLEADING)
        page.get_by_role("button", name="What would that be?").click()
    expect(page.get_by_role("group", name="Secret")).to_contain_text("% sure")
    page.get_by_text("Not this, that").last.click()
    page.get_by_role("button", name="Private bucket").click()
    expect(page.get_by_role("group", name="Private bucket")).to_contain_text("you chose")
    expect(page.get_by_label(WORDS)).to_have_value(MISLEADING)
    page.get_by_role("button", name="Propose this").click()
    expect(page.locator(".mine")).to_contain_text(MISLEADING)
    box(page, 2, "your words became a proposal")
    page.get_by_role("link", name="Go on: read it").click()
    page.wait_for_url("**/runs/*")
    return page.url.rpartition("/")[2]


def read(page: Page) -> None:
    """Once it is planned, which the page says by itself."""
    box(page, 3, "three numbers")
    done = page.get_by_role("button", name="I have read it")
    expect(done).to_be_visible(timeout=90_000)
    for name in ("Speed", "Cost", "Risk"):
        figure = page.locator(".figure", has_text=name)
        figure.locator("summary").click()
        expect(figure.locator("dl, ul, p").first).to_be_visible()
    expect(page.locator("#changes")).to_contain_text("aws_s3_bucket.this")
    done.click()


def approved(page: Page, other: Page, run: str) -> None:
    """By somebody else, whom the newcomer invites: his own yes would not count."""
    box(page, 4, "Nobody says yes to what they asked for themselves")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    page.get_by_label("Make somebody else who approves").fill("bo")
    page.get_by_role("button", name="Make an approver").click()
    page.get_by_role("button", name="Make an invitation").click()
    other.goto(page.locator(".secret").inner_text())
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Set the password").click()
    expect(other).to_have_url("/ask")
    expect(other.get_by_role("region", name="Tour")).to_have_count(0)
    expect(other).to_have_title("(1) Ask · Dihedral")
    other.get_by_role("link", name="Inbox", exact=True).click()
    other.get_by_role("link", name=MISLEADING).click()
    expect(other).to_have_url(f"/runs/{run}")
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("Your yes is given.")).to_be_visible()


def watched(page: Page, scripts: bool) -> None:
    page.get_by_role("link", name="watch it here").click()
    if scripts:
        box(page, 5, "applies exactly the plan that was read")
        expect(page.locator("#log")).to_contain_text("aws_s3_bucket.this: Creating")
        expect(page.get_by_role("heading", level=1)).to_have_text("Being applied")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Applied", timeout=90_000)


def found(page: Page, run: str, folder: Path) -> Path:
    box(page, 6, f"dihedral evidence verify {run}.json")
    page.get_by_role("link", name="Flight recorder").first.click()
    flight = page.locator(".flight")
    for word in (MISLEADING, "approved", "applied"):
        expect(flight).to_contain_text(word)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Signed evidence").first.click()
    assert coming.value.suggested_filename == f"{run}.json"
    coming.value.save_as(folder / f"{run}.json")
    return folder / f"{run}.json"


def proved(bundle: Path, key: str, folder: Path) -> None:
    """Where there is no server, nor anything that it kept; and what was changed proves nothing."""
    told = verify(bundle, key, folder)
    assert told.returncode == 0, told.stderr
    assert f"{bundle.stem} in default: applied, by ada" in told.stdout
    assert "approved by bo (person)" in told.stdout
    envelope = json.loads(bundle.read_text("utf-8"))
    envelope["payload"] = envelope["payload"].swapcase()
    forged = folder / "forged.json"
    forged.write_text(json.dumps(envelope), "utf-8")
    assert verify(forged, key, folder).returncode == 1


def verify(bundle: Path, key: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dihedral", "evidence", "verify", str(bundle), "--key", key],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


def box(page: Page, number: int, words: str) -> None:
    shown = page.get_by_role("region", name="Tour")
    expect(shown).to_contain_text(f"Tour, step {number}:")
    expect(shown).to_contain_text(words, ignore_case=True)


def slow(site: Site) -> None:
    """The workspace that an asking newcomer would make, with a bucket that takes its time."""
    with site.client("ada") as api:
        assert api.post("/v1/workspaces", json={"name": "default"}).status_code == 201
        place = "/v1/workspaces/default/variables/env/DIHEDRAL_SCENARIO"
        assert api.put(place, json={"value": SLOW}).status_code < 300


@pytest.fixture
def alone(chromium: Browser, scratch: Path) -> Iterator[Site]:
    with running(scratch / "alone", DIHEDRAL_SELF_APPROVAL="1") as started:
        yield started


def test_who_works_alone_says_yes_and_the_record_says_so(alone: Site, chromium: Browser) -> None:
    context = chromium.new_context(base_url=alone.url)
    context.set_default_timeout(30_000)
    page = context.new_page()
    set_up(page, alone)
    page.get_by_role("button", name="Propose this").click()
    page.get_by_role("link", name="Go on: read it").click()
    page.get_by_role("button", name="I have read it").click(timeout=90_000)
    box(page, 4, "the record says that it was your own")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Applied", timeout=90_000)
    run = page.url.rpartition("/")[2].partition("?")[0]
    with alone.client() as api:
        given = api.get(f"/v1/runs/{run}").json()["approvals"]
    assert [(one["approver"], one["how"]) for one in given] == [("ada", "self")]
    context.close()


def test_it_is_skipped_and_found_again(site: Site, enter: Enter) -> None:
    page = enter("ada", "/ask", java_script_enabled=False)
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)  # nobody began it
    expect(page.get_by_label(WORDS)).to_have_value("")
    page.get_by_role("link", name="Tour", exact=True).click()
    page.get_by_role("button", name="Begin the tour").click()
    expect(page).to_have_url("/ask")
    page.get_by_role("button", name="Skip the tour").click()
    expect(page).to_have_url("/tour")
    expect(page.get_by_role("button", name="Begin the tour")).to_be_visible()
    page.goto("/ask")
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)
    expect(page.get_by_label(WORDS)).to_have_value("")


@pytest.fixture(scope="module")
def default(site: Site) -> str:
    """The workspace for who names none, which not everybody may make."""
    return site.workspace("default")


def test_what_was_declined_leads_back_to_asking(enter: Enter, default: str) -> None:
    page = enter("ada", "/tour")
    page.get_by_role("button", name="Begin the tour").click()
    page.get_by_role("button", name="Propose this").click()
    page.get_by_role("link", name="Go on: read it").click()
    page.get_by_role("button", name="I have read it").click(timeout=90_000)
    page.locator("summary", has_text="Decline").click()
    page.get_by_label("Why").fill("another name")
    page.get_by_role("button", name="Decline it").click()
    box(page, 1, "ended without being applied")
    page.get_by_role("link", name="Go and ask").click()
    expect(page.get_by_label(WORDS)).to_have_value("")
    page.get_by_role("button", name="Skip the tour").click()


def test_who_may_not_invite_is_told_who_does(enter: Enter, default: str) -> None:
    page = enter("pia", "/tour")
    page.get_by_role("button", name="Begin the tour").click()
    page.get_by_label("In workspace").select_option(default)
    page.get_by_role("button", name="Propose this").click()
    page.get_by_role("link", name="Go on: read it").click()
    page.get_by_role("button", name="I have read it").click(timeout=90_000)
    box(page, 4, "who administers Dihedral says who that is")
    expect(page.get_by_role("button", name="Make an approver")).to_have_count(0)
    page.get_by_role("link", name="All steps").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Somebody says yes")


def test_who_only_looks_has_no_tour(enter: Enter) -> None:
    page = enter("vi", "/runs")
    expect(page.get_by_role("link", name="Tour", exact=True)).to_have_count(0)


def test_nothing_serious_is_wrong_and_all_fits_a_phone(enter: Enter) -> None:
    page = enter("cy", "/tour", viewport=PHONE)
    found = {"before": axe.shown(page)}
    page.get_by_role("button", name="Begin the tour").click()
    found["ask"] = axe.shown(page)
    page.goto("/tour")
    found["begun"] = axe.shown(page)
    page.get_by_role("button", name="Skip the tour").click()
    assert found == dict.fromkeys(("before", "ask", "begun"), ([], 0))

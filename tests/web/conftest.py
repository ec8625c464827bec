"""Real browsers on a real server. Where no browser can be had, these tests are skipped and say so;
with DIHEDRAL_TEST_BROWSER=1, which CI sets, they fail instead.

Each page that a test opens is watched: it asks nobody but the server for anything, and breaks
nothing of its own policy.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from dihedral.control import cookies
from tests.web.site import Site, running

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
Enter = Callable[..., Page]


def found() -> str:
    said = os.environ.get("DIHEDRAL_TEST_CHROMIUM", "")
    return said or next(filter(None, map(shutil.which, NAMES)), "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """For a module: while it is there, its event loop is in the way of every other one."""
    program = found()
    if not program:
        why = "no Chromium on the PATH; DIHEDRAL_TEST_CHROMIUM names one (apt install chromium)"
        if os.environ.get("DIHEDRAL_TEST_BROWSER"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(chromium: Browser, scratch: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """One server for the module: ada administers and proposes, bo approves, cy approves too, pia
    may only propose, vi only looks."""
    more = getattr(request.module, "SETTINGS", {})
    with running(scratch / f"web-{request.module.__name__.rpartition('.')[2]}", **more) as started:
        for who, role in ROLES.items():
            started.session(who, role)
        yield started


ROLES = {
    "ada": "administrator",
    "bo": "approver",
    "cy": "approver",
    "pia": "proposer",
    "vi": "viewer",
}


class Watched:
    """What a browser must not do, noted while it does."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.faults: list[str] = []
        self.forgiven: tuple[str, ...] = ()

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda asked: self._asked(asked.url))
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self._site.url}/", "about:")):
            self.faults.append(f"it asked {url}")

    def _said(self, message: ConsoleMessage) -> None:
        loud = message.type in ("error", "warning")
        if loud and not any(one in message.text for one in self.forgiven):
            self.faults.append(f"{message.text} {message.location.get('url', '')}")


@pytest.fixture
def watched(site: Site) -> Iterator[Watched]:
    seen = Watched(site)
    yield seen
    assert seen.faults == []


@pytest.fixture
def enter(site: Site, chromium: Browser, watched: Watched) -> Iterator[Enter]:
    """A fresh browser of somebody who is logged in (nobody is, without a name)."""
    opened: list[BrowserContext] = []

    def entered(who: str = "", path: str = "", **options: Any) -> Page:
        context = chromium.new_context(base_url=site.url, **options)
        opened.append(context)
        context.set_default_timeout(20_000)
        watched.watch(context)
        if who:
            secret = site.session(who, ROLES.get(who, "viewer"))
            cookie = {"name": cookies.SESSION, "value": secret, "url": site.url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    yield entered
    for context in opened:
        context.close()

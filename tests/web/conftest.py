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
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    sync_playwright,
)

from dihedral.control import cookies
from tests.web.browsers import Browsers, Heard
from tests.web.site import Site, running

NAMES = (
    "chromium-headless-shell",  # Chromium without windows, which cost two thirds of its time
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
)
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
        why = (
            "no Chromium on the PATH; DIHEDRAL_TEST_CHROMIUM names one"
            " (apt install chromium-headless-shell, or chromium)"
        )
        if os.environ.get("DIHEDRAL_TEST_BROWSER"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


ROLES = {
    "ada": "administrator",
    "bo": "approver",
    "cy": "approver",
    "pia": "proposer",
    "vi": "viewer",
}


@pytest.fixture(scope="session")
def peopled(scratch: Path) -> Iterator[Site]:
    """What each module begins with, stopped: ada administers and proposes, bo approves, cy approves
    too, pia may only propose, vi only looks; and all are logged in."""
    with running(scratch / "web") as started:
        for who, role in ROLES.items():
            started.session(who, role)
        started.stop()
        yield started


@pytest.fixture(scope="module")
def site(
    chromium: Browser, peopled: Site, scratch: Path, request: pytest.FixtureRequest
) -> Iterator[Site]:
    """One server for the module."""
    more = getattr(request.module, "SETTINGS", {})
    data = scratch / f"web-{request.module.__name__.rpartition('.')[2]}"
    with running(data, peopled, **more) as started:
        yield started
    shutil.rmtree(data, ignore_errors=True)


class Watched:
    """What a browser must not do, noted while it does."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.faults: list[str] = []
        self.forgiven: tuple[str, ...] = ()

    @property
    def heard(self) -> Heard:
        return {"request": self._asked, "console": self._said, "weberror": self._broke}

    def watch(self, context: BrowserContext) -> None:
        for event, hear in self.heard.items():
            context.on(event, hear)  # type: ignore[call-overload]

    def _asked(self, asked: Request) -> None:
        if not asked.url.startswith((f"{self._site.url}/", "about:")):
            self.faults.append(f"it asked {asked.url}")

    def _broke(self, error: WebError) -> None:
        self.faults.append(str(error.error))

    def _said(self, message: ConsoleMessage) -> None:
        loud = message.type in ("error", "warning")
        if loud and not any(one in message.text for one in self.forgiven):
            self.faults.append(f"{message.text} {message.location.get('url', '')}")


@pytest.fixture
def watched(site: Site) -> Iterator[Watched]:
    seen = Watched(site)
    yield seen
    assert seen.faults == []


@pytest.fixture(scope="module")
def browsers(site: Site, chromium: Browser) -> Browsers:
    return Browsers(chromium, site.url)


@pytest.fixture
def enter(site: Site, browsers: Browsers, watched: Watched) -> Iterator[Enter]:
    """A browser, as new, of somebody who is logged in (nobody is, without a name)."""

    def entered(who: str = "", path: str = "", **options: Any) -> Page:
        page = browsers.lend(watched.heard, **options)
        if who:
            secret = site.session(who, ROLES.get(who, "viewer"))
            cookie = {"name": cookies.SESSION, "value": secret, "url": site.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
        if path:
            page.goto(path)
        return page

    yield entered
    browsers.take_back()

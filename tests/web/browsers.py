"""Browsers that are lent, and come back as new: to make one takes a second of a processor, and a
page of one that is there a third of it."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Browser, Page

NOWHERE = "about:blank"
RESTS = "/v1/health"  # of the same site, so that its process is kept
FORGET = "localStorage.clear(); sessionStorage.clear()"
# what a browser of no size and no theme has
SIZE, THEME = {"width": 1280, "height": 720}, "light"
Heard = Mapping[str, Callable[[Any], None]]


class Browsers:
    """Of one site. Each is a context with a page: it has no cookies, nothing stored, and nobody
    listens to it."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self._chromium = chromium
        self._url = url
        self._idle: defaultdict[str, list[Page]] = defaultdict(list)
        self._lent: list[tuple[Page, list[Page], Heard]] = []

    def lend(self, heard: Heard, **options: Any) -> Page:
        """One with these options of Playwright's, which tells `heard` what happens."""
        size, theme = options.pop("viewport", SIZE), options.pop("color_scheme", THEME)
        idle = self._idle[json.dumps(options, sort_keys=True)]
        page = idle.pop() if idle else self._made(options)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        for event, hear in heard.items():
            page.context.on(event, hear)  # type: ignore[call-overload]
        self._lent.append((page, idle, heard))
        return page

    def take_back(self) -> None:
        while self._lent:
            page, idle, heard = self._lent.pop()
            for event, hear in heard.items():
                page.context.remove_listener(event, hear)
            if self._cleaned(page):
                idle.append(page)
            else:
                page.context.close()

    def _made(self, options: Mapping[str, Any]) -> Page:
        context = self._chromium.new_context(base_url=self._url, **options)
        context.set_default_timeout(20_000)
        return context.new_page()

    def _cleaned(self, page: Page) -> bool:
        """Whether it is as new."""
        if page.context.pages != [page]:
            return False
        page.unroute_all()
        if page.url != NOWHERE:
            if not page.url.startswith(f"{self._url}/"):
                return False
            page.evaluate(FORGET)
            page.goto(RESTS)
        page.context.clear_cookies()
        return True

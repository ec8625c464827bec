"""What axe-core finds on a page that somebody could not use. `axe.js` is axe-core 4.14.1 as npm has
it (MPL-2.0); it is handed to the browser by its debugger, past the page's own policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

GRAVE = ("serious", "critical")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_SOURCE = Path(__file__).with_name("axe.js").read_text("utf-8")


def findings(page: Page) -> list[str]:
    """In both themes, each with the element that it is about."""
    return [one for theme in _themes(page) for one in _found(page, theme)]


def shown(page: Page) -> tuple[list[str], int]:
    """Findings; and by how many pixels it is wider than its window, where that is most."""
    found, widths = list[str](), list[int]()
    for theme in _themes(page):
        widths.append(wide(page))
        found += _found(page, theme)
    return found, max(widths)


def wide(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    found: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return found


def _themes(page: Page) -> Iterator[str]:
    """One load does for both: they are the same page with other colours."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        yield theme


def _found(page: Page, theme: str) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{theme}: {one['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for one in result["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]

"""What axe-core finds on a page that somebody could not use. `axe.js` is axe-core 4.14.1 as npm has
it (MPL-2.0); it is handed to the browser by its debugger, past the page's own policy."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

GRAVE = ("serious", "critical")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_SOURCE = Path(__file__).with_name("axe.js").read_text("utf-8")


def findings(page: Page) -> list[str]:
    """In both themes, each with the element that it is about."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.evaluate(_SOURCE)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{theme}: {one['id']}: {node['html'][:200]}: {node['failureSummary']}"
            for one in result["violations"]
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]
    return found

"""Pictures of every page, wide and narrow, light and dark: `make screens` writes `docs/screens/`.

    python -m tests.web.screens [FOLDER [NAME …]]    only those pages

A noun that gets a page adds a row to `PAGES`.
"""

import io
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from dihedral.control import cookies
from tests.web.conftest import FLAGS, ROLES, found
from tests.web.papers import hire
from tests.web.site import Site, running
from tests.web.world import converse, furnish

SIZES: Mapping[str, dict[str, int]] = {
    "wide": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
THEMES = ("light", "dark")
# each page: its name, who looks, and where it is; `{run}` and the like are what `furnish` made
PAGES = (
    ("login", "", "/login"),
    ("ask", "ada", "/ask"),
    ("ask-answered", "ada", "/ask/{answered}"),
    ("ask-proposed", "ada", "/ask/{proposed}"),
    ("ask-lacking", "ada", "/ask/{lacking}"),
    ("record", "ada", "/ask/{answered}/record"),
    ("record-run", "ada", "/runs/{answer}/record"),
    ("plan-brief", "ada", "/runs/{waits}/brief"),
    ("inbox", "bo", "/inbox"),
    ("escalations", "ada", "/escalations"),
    ("escalation", "ada", "/escalations/{escalation}"),
    ("runs", "bo", "/runs"),
    ("run", "bo", "/runs/{waits}"),
    ("run-own", "ada", "/runs/{waits}"),
    ("run-small", "bo", "/runs/{small}"),
    ("run-denied", "bo", "/runs/{opened}"),
    ("run-failed", "bo", "/runs/{broken}"),
    ("run-applied", "bo", "/runs/{applied}"),
    ("log", "bo", "/runs/{applied}/log"),
    ("workspaces", "ada", "/workspaces"),
    ("workspace", "ada", "/workspaces/{workspace}?view=resources"),
    ("workspace-graph", "ada", "/workspaces/{land}?view=graph"),
    ("workspace-graph-near", "ada", "/workspaces/{land}?view=graph&q=aws_subnet.private&far=2"),
    ("workspace-variables", "ada", "/workspaces/{workspace}?view=variables"),
    ("workspace-states", "ada", "/workspaces/{workspace}?view=states"),
    ("workspace-limits", "ada", "/workspaces/{workspace}?view=limits"),
    ("workspace-settings", "ada", "/workspaces/{workspace}?view=settings"),
    ("blueprints", "ada", "/blueprints"),
    ("blueprint", "ada", "/blueprints/private-bucket"),
    ("agents", "ada", "/agents"),
    ("agent", "ada", "/agents/drafter"),
    ("agent-shipped", "ada", "/agents/supervisor"),
    ("agent-version", "ada", "/agents/scribe/versions/2"),
    ("agent-apply", "ada", "/agent-files?agent=scribe"),
    ("models", "ada", "/models"),
    ("budgets", "ada", "/budgets"),
    ("policies", "ada", "/policies"),
    ("policy", "ada", "/policies/aws"),
    ("policy-own", "ada", "/policies/owned"),
    ("evaluations", "ada", "/evaluations"),
    ("people", "ada", "/people"),
    ("grants", "ada", "/grants"),
    ("person", "ada", "/people/bo"),
    ("audit", "ada", "/audit?actor=system"),  # others name a file of this machine
    ("overview", "ada", "/overview"),
    ("account", "ada", "/account"),
    ("tour", "cy", "/tour"),
    ("tour-ask", "cy", "/ask"),
    ("missing", "ada", "/nowhere"),
)
FOLDER = Path("docs/screens")
TALLEST = 1600  # pixels of a picture
COLOURS = 48


def draw(folder: Path, names: set[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=FLAGS)
        with running(Path(scratch) / "data") as site:
            for who, role in ROLES.items():
                site.session(who, role)
            made = {**furnish(site), **converse(site)}
            hire(site)
            _settle(site)
            _lead(site, "cy")
            folder.mkdir(parents=True, exist_ok=True)
            for name, who, path in PAGES:
                if not names or name in names:
                    _shoot(browser, site, who, path.format(**made), folder / name)
        browser.close()


def _settle(site: Site) -> None:
    """The models of the pictures are some that somebody could have, not files of this machine."""
    with site.client("ada") as api:
        for one in api.get("/v1/models").json()["items"]:
            kind = f"granite4:{'small' if one['model'] == 'large' else 'tiny'}"
            said = {"wire": "openai", "url": "http://127.0.0.1:11434/v1", "upstream": kind}
            answer = api.patch(f"/v1/models/{one['id']}", json=said)
            assert answer.status_code == 200, answer.text


def _lead(site: Site, who: str) -> None:
    """The tour is begun."""
    cookie = {cookies.SESSION: site.session(who, ROLES[who])}
    own = {"sec-fetch-site": "same-origin", "origin": site.url}
    answer = httpx.post(f"{site.url}/tour", cookies=cookie, headers=own, timeout=60)
    assert answer.status_code == 303, answer.text


def _shoot(browser: Browser, site: Site, who: str, path: str, to: Path) -> None:
    for size, theme in ((s, t) for s in SIZES for t in THEMES):
        context = browser.new_context(
            base_url=site.url,
            viewport=SIZES[size],  # type: ignore[arg-type]
            color_scheme=theme,  # type: ignore[arg-type]
        )
        if who:
            secret = site.session(who, ROLES[who])
            context.add_cookies([{"name": cookies.SESSION, "value": secret, "url": site.url}])
        page = context.new_page()
        page.goto(path)
        tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
        page.set_viewport_size({"width": SIZES[size]["width"], "height": tall})
        _keep(page.screenshot(), Path(f"{to}-{size}-{theme}.png"))
        context.close()


def _keep(picture: bytes, to: Path) -> None:
    """With as few colours as do, for what it shows is text on plain grounds."""
    drawn = Image.open(io.BytesIO(picture)).convert("RGB")
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if sys.argv[1:] else FOLDER, set(sys.argv[2:]))

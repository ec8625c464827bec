"""Names, values, logs and words of strangers: shown as text, whatever they say."""

import pytest
from playwright.sync_api import Page, expect

from tests.web import axe
from tests.web.conftest import Enter
from tests.web.site import Site

EVIL = "<img src=x onerror=alert(1)><script>document.title='owned'</script>"
TURNED = "safe\u202egnp.exe"
ESCAPES = "\x1b]0;owned\x07\x1b[31mred\x1b[0m"
LONG = "x" * 1_000_000
FILES = {
    "main.tf": """\
resource "terraform_data" "evil" {
  for_each = toset(["<img src=x onerror=alert(1)>", "safe\\u202egnp.exe"])
  input    = "<script>document.title='owned'</script>"
}
resource "terraform_data" "long" {
  input = file("long.txt")
}
output "javascript" {
  value = "javascript:alert(1)"
}
""",
    "long.txt": LONG,
    "<b>.txt": "</pre><script>alert(1)</script>",
}
UNSEEN = {**FILES, "<b>.txt": "</pre><script>alert(1)</script>\x1b[31m\u202e"}


@pytest.fixture(scope="module")
def run(site: Site) -> str:
    return site.waiting(site.workspace("hostile"), FILES, f"{EVIL} {TURNED} {ESCAPES}")


def inert(page: Page) -> None:
    """Nothing of it became a part of the page, or ran."""
    assert "owned" not in page.title()
    assert page.locator("main img[src=x], main script").count() == 0
    text = page.locator("body").inner_text()
    assert not set(text) & set("\u202e\x1b\x07\u200b")


@pytest.fixture(scope="module")
def denied(site: Site) -> str:
    """The guard lets no such file pass; its page shows it all the same."""
    run = site.propose(site.workspace("unseen"), UNSEEN, EVIL)
    assert site.settled(run)["run"]["status"] == "policy_soft_failed"
    return run


@pytest.mark.parametrize("path", ["/inbox", "/runs", "/runs/{run}", "/runs/{run}/log"])
def test_a_page_shows_it_as_text(enter: Enter, run: str, path: str) -> None:
    page = enter("bo", path.format(run=run))
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    inert(page)
    assert len(page.content()) < 2_000_000


def test_marks_are_seen_where_a_name_turns_around(enter: Enter, run: str) -> None:
    page = enter("bo", f"/runs/{run}")
    expect(page.locator("blockquote").first).to_contain_text("safe⟨U+202E⟩gnp.exe")
    expect(page.locator("blockquote").first).to_contain_text("<img src=x onerror=alert(1)>")


def test_marks_are_seen_where_a_file_hides_something(enter: Enter, denied: str) -> None:
    page = enter("bo", f"/runs/{denied}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    inert(page)
    expect(page.locator("#files")).to_contain_text("␛[31m⟨U+202E⟩")


def test_a_million_characters_are_cut(enter: Enter, run: str) -> None:
    page = enter("bo", f"/runs/{run}")
    expect(page.locator("#changes")).to_contain_text("more characters)")
    expect(page.locator("#files")).to_contain_text("1,000,000 now")


def test_a_comment_of_anybody_is_text(enter: Enter, run: str) -> None:
    page = enter("pia", f"/runs/{run}")
    page.get_by_label("Say something", exact=True).fill(f"{EVIL} {TURNED}")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".talk .text").last).to_contain_text("<script>")
    inert(page)


def test_what_is_searched_for_is_text(enter: Enter, run: str) -> None:
    page = enter("bo", f"/runs/{run}")
    page.get_by_role("searchbox").fill('"><img src=x onerror=alert(1)>')
    expect(page.locator("#changes")).to_contain_text("0 of 4 resources")
    inert(page)
    page.get_by_role("searchbox").fill("onerror")
    expect(page.locator("#changes")).to_contain_text("1 of 4 resources")


def test_it_is_still_fit_for_whoever_cannot_see_it(enter: Enter, run: str) -> None:
    assert axe.findings(enter("bo", f"/runs/{run}")) == []

"""What is around every page: navigation, themes, small screens, keys, the policy."""

import pytest
from playwright.sync_api import expect

from tests.control.logins import PASSWORD
from tests.web import axe
from tests.web.conftest import Enter, Watched
from tests.web.site import Site

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PAGES = ("/login", "/inbox", "/runs", "/account", "/nowhere")
PHONE = {"width": 360, "height": 740}


def test_somebody_logs_in_and_is_led_to_where_one_asks(enter: Enter) -> None:
    page = enter(path="/")
    page.get_by_label("Name").fill("bo")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/ask")
    expect(page.get_by_role("link", name="Ask")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_is_wrong_for_whoever_cannot_see_it(
    enter: Enter, watched: Watched, path: str
) -> None:
    watched.forgiven = ("404",)
    page = enter("ada", path)
    assert axe.findings(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone_and_half_a_screen_at_double_size(
    enter: Enter, watched: Watched, path: str
) -> None:
    watched.forgiven = ("404",)
    page = enter("ada", path, viewport=PHONE)
    assert axe.wide(page) == 0
    page.set_viewport_size({"width": 640, "height": 480})
    assert axe.wide(page) == 0


def test_a_phone_has_a_menu_of_the_same_links(enter: Enter) -> None:
    page = enter("ada", "/runs", viewport=PHONE)
    expect(page.get_by_role("link", name="Runs")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Runs")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Runs")).to_be_hidden()


def test_the_policy_of_a_page_is_exactly_this(site: Site, enter: Enter) -> None:
    page = enter("ada")
    answer = page.goto("/runs")
    assert answer and answer.headers["content-security-policy"] == POLICY


def test_the_keyboard_skips_the_navigation(enter: Enter) -> None:
    page = enter("ada", "/runs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_keys_are_told_of_and_can_be_turned_off(enter: Enter) -> None:
    page = enter("ada", "/runs")
    page.keyboard.press("/")
    expect(page.get_by_label("Workspace")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Keys are on").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_label("Workspace")).not_to_be_focused()


def test_without_scripts_the_same_can_be_done(enter: Enter) -> None:
    page = enter("vi", "/account", java_script_enabled=False)
    page.get_by_text("Make a token").click()
    page.get_by_label("What it is for").fill("CI <b>")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("This is the token")).to_be_visible()
    page.get_by_role("navigation").get_by_role("button", name="Log out").click()
    expect(page).to_have_url("/logged-out")

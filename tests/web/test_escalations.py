"""What an agent hands to a person, in a browser: found, read, closed; on a phone, and by axe."""

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import expect

from tests.web import axe
from tests.web.conftest import Enter
from tests.web.site import Site
from tests.web.world import converse


@pytest.fixture(scope="module")
def made(site: Site) -> Iterator[Mapping[str, str]]:
    yield converse(site)


def test_one_is_found_read_and_closed_without_scripts(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter(
        "ada", "/escalations", java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page.get_by_role("link", name="danger: <b>a child</b> was injured").click()
    expect(page.get_by_text("triage hands over what ada asked")).to_be_visible()
    expect(page.get_by_role("link", name="Read the conversation")).to_be_visible()
    page.get_by_label("What was done").fill("called <i>back</i>")
    page.get_by_role("button", name="It is seen to").click()
    expect(page.get_by_text("called <i>back</i>")).to_be_visible()
    page.goto("/escalations")
    expect(page.get_by_text("Nothing waits for a person")).to_be_visible()


def test_nothing_serious_is_wrong_and_it_fits_a_phone(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", viewport={"width": 360, "height": 740})
    for path in ("/escalations?all=1", f"/escalations/{made['escalation']}"):
        page.goto(path)
        assert axe.shown(page) == ([], 0)

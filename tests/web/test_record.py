"""Flight recorders in a browser: from a run to the words that led to it and back, each artefact
where it is asked for, and the signed evidence of all of it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from dihedral.control.cli.main import app as cli
from tests.web import axe
from tests.web.conftest import Enter, Watched
from tests.web.site import Site
from tests.web.world import DEPOT, HALF, converse

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def made(site: Site) -> Iterator[Mapping[str, str]]:
    """And a conversation in which an agent proposed something."""
    found = dict(converse(site))
    with site.client("ada") as api:
        found["depot"] = api.post("/v1/conversations", json={"text": DEPOT}).json()["id"]
        api.get(f"/v1/conversations/{found['depot']}/events")
        talk = api.get(f"/v1/conversations/{found['depot']}").json()
    (run,) = talk["turns"][0]["runs"]
    found["built"] = run["id"]
    site.settled(run["id"])
    yield found


@pytest.mark.parametrize(("talk", "run"), [("proposed", "answer"), ("depot", "built")])
def test_a_run_leads_to_its_words_and_they_lead_to_the_run(
    made: Mapping[str, str], enter: Enter, talk: str, run: str
) -> None:
    page = enter("ada", f"/runs/{made[run]}")
    led = page.locator("section", has=page.get_by_role("heading", name="What led here"))
    led.locator("ol.led a").click()
    page.wait_for_url(f"**/ask/{made[talk]}#turn-1")
    assert page.locator("#turn-1").is_visible()
    page.get_by_role("article").get_by_role("link", name="Read and decide").click()
    page.wait_for_url(f"**/runs/{made[run]}")
    led.get_by_role("link", name="flight recorder").click()
    expect(page.get_by_text("It led to")).to_be_visible()
    page.get_by_role("link", name=made[run]).first.click()
    page.wait_for_url(f"**/runs/{made[run]}")


def test_a_runs_own_recorder_begins_with_what_was_asked(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", f"/runs/{made['answer']}/record")
    first = page.locator(".flight li").first
    expect(first).to_contain_text("ada asks")
    expect(first).to_contain_text(HALF)
    expect(page.locator(".flight li").nth(1)).to_contain_text("blueprint private-bucket")
    page.goto(f"/runs/{made['built']}/record")
    expect(page.locator(".flight li").first).to_contain_text("ada asks")
    expect(page.locator(".flight li").nth(1)).to_contain_text("agent supervisor, version 1")
    expect(page.locator(".flight li").nth(1)).to_contain_text("1 model call")


def test_who_may_not_read_the_talk_is_told_whose_it_is(
    made: Mapping[str, str], enter: Enter, watched: Watched
) -> None:
    watched.forgiven = ("404",)
    page = enter("bo", f"/runs/{made['answer']}")
    led = page.locator("section", has=page.get_by_role("heading", name="What led here"))
    expect(led).to_contain_text("in a conversation of ada's")
    assert led.locator("a").count() == 0
    page.goto(f"/runs/{made['answer']}/record")
    expect(page.locator(".flight li").first).to_contain_text(HALF)
    assert page.goto(f"/ask/{made['proposed']}/record").status == 404  # type: ignore[union-attr]


def test_the_prompt_and_the_plan_open_where_they_stand(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", f"/ask/{made['depot']}/record")
    page.get_by_text("the file of supervisor, version 1, with its prompt").click()
    expect(page.locator("pre.artefact").first).to_contain_text("kind: Agent")
    page.get_by_text("the plan in brief").click()
    expect(page.locator("pre.artefact").nth(1)).to_contain_text("aws_s3_bucket")
    came = page.locator("li", has_text="tool propose_blueprint").locator("details").nth(1)
    came.locator("summary").click()
    expect(came).to_contain_text("It is proposed, as")


def test_without_scripts_artefacts_have_pages_of_their_own(
    made: Mapping[str, str], enter: Enter
) -> None:
    page = enter("ada", f"/runs/{made['built']}/record", java_script_enabled=False)
    page.get_by_text("the plan in brief").click()
    page.get_by_role("link", name="Open it alone").last.click()
    expect(page.locator("pre.artefact")).to_contain_text("Plan: ")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", name="Flight recorder")).to_be_visible()


def test_the_evidence_of_a_conversation_is_downloaded_and_holds(
    made: Mapping[str, str], enter: Enter, site: Site, tmp_path: Path
) -> None:
    page = enter("ada", f"/ask/{made['depot']}/record")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Signed evidence of the whole conversation").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.name == f"{made['depot']}.json"
    with site.client() as api:
        key = api.get("/v1/evidence-key").json()["ed25519"]
    told = CliRunner().invoke(cli, ["evidence", "verify", str(file), "--key", key])
    assert told.exit_code == 0, told.output
    assert f"proposed {made['built']}" in told.output
    story = json.loads(
        CliRunner().invoke(cli, ["evidence", "verify", str(file), "--key", key, "--json"]).output
    )
    (run,) = story["runs"]
    turn = story["talks"][0]["turns"][0]
    assert (run["id"], run["turn"], run["proposer"]) == (
        made["built"], turn["id"], "agent:supervisor",
    )  # fmt: skip
    asks = [want for want in turn["wants"] if want["kind"] == "ask"]
    lines = [line for line in story["ledger"] if line["purpose"] == "thinking"]
    keys = [line["key"].partition("/")[0] for line in lines]
    assert keys == [f"{turn['id']}:{want['seq']}" for want in asks]
    again = tmp_path / "again.json"
    words = ["evidence", "export", made["depot"], "--as", "ada", "--out", str(again)]
    done = subprocess.run(
        [sys.executable, "-m", "dihedral", *words],
        env=dict(site.environment),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = CliRunner().invoke(cli, ["evidence", "verify", str(again), "--key", key])
    assert told.exit_code == 0 and f"proposed {made['built']}" in told.output
    file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    assert CliRunner().invoke(cli, ["evidence", "verify", str(file)]).exit_code == 1


def test_nothing_serious_is_wrong_and_all_fits_a_phone(
    made: Mapping[str, str], enter: Enter
) -> None:
    page: Page = enter("ada", viewport=PHONE)
    found = {}
    paths = (
        f"/ask/{made['depot']}/record",
        f"/runs/{made['built']}/record",
        f"/runs/{made['built']}/brief",
        f"/runs/{made['built']}",
    )
    for path in paths:
        page.goto(path)
        found[path] = axe.shown(page)
    assert found == {path: ([], 0) for path in paths}

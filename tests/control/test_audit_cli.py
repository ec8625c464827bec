"""The audit log from a shell: listed, followed, and taken away in two forms."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dihedral.control.cli.audit import instant
from dihedral.control.cli.failure import Failure
from tests.lives import Up, up


@pytest.fixture(scope="module")
def served(scratch: Path) -> Iterator[Up]:
    with up(scratch / "audit", DIHEDRAL_ACTOR="ada") as server:
        server("workspace", "create", "orders")
        server("workspace", "create", "billing")
        yield server


def listed(server: Up, *words: str) -> list[str]:
    return [r["action"] for r in server("audit", "list", *words)["items"]]


def test_the_list_is_narrowed(served: Up) -> None:
    created = ["workspace.create"] * 2
    assert listed(served, "--action", "workspace.create") == created
    assert listed(served, "--action", "workspace.create", "--since", "1h") == created
    assert listed(served, "--action", "workspace.create", "--until", "1h") == []
    assert listed(served, "--action", "run.approve") == []
    assert "workspace.create" not in listed(served, "--actor", "bo")
    assert listed(served, "--target", "orders", "--outcome", "done") == ["workspace.create"]


def test_the_tail_tells_what_was_and_what_comes(served: Up) -> None:
    words = ["audit", "tail", "--action", "workspace.create", "--size", "2", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "dihedral", *words],
        env=dict(served.environment),
        stdout=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stdout
        before = [json.loads(tail.stdout.readline())["target"] for _ in range(2)]
        served("workspace", "create", "shop")
        after = json.loads(tail.stdout.readline())["target"]
        tail.send_signal(signal.SIGINT)
    assert (before, after) == (["orders", "billing"], "shop")
    assert tail.returncode == 130


def test_who_follows_is_no_news_to_himself(served: Up) -> None:
    client = served.client()
    seq = json.loads(client.get("audit", size=1))["items"][0]["seq"]
    json.loads(client.get("audit"))  # a reading, which is noted
    heard = json.loads(client.get("audit", "news", after=seq))
    assert heard == {"items": [], "next": seq}


def test_an_export_as_cloudevents_has_each_record_as_an_event(served: Up, tmp_path: Path) -> None:
    events, records = tmp_path / "events", tmp_path / "records"
    for form, out in (("cloudevents", events), ("jsonl", records)):
        words = ["audit", "export", "--format", form, "--out", str(out)]
        done = subprocess.run(
            [sys.executable, "-m", "dihedral", *words], env=dict(served.environment), check=False
        )
        assert done.returncode == 0
    told = [json.loads(line) for line in events.read_text().splitlines()]
    kept = [json.loads(line) for line in records.read_text().splitlines()][: len(told)]
    assert told and [event["data"] for event in told] == kept
    assert len({(event["source"], event["id"]) for event in told}) == len(told)
    for event in told:
        assert event["specversion"] == "1.0"
        assert all(event[name] for name in ("id", "source", "type", "subject"))
        assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in event)  # naming conventions
        assert event["type"] == f"dihedral.{event['data']['action']}"
        assert datetime.fromisoformat(event["time"]).tzinfo is not None
    verified = served("audit", "verify", str(records))
    assert verified["broken"] == ""


def test_a_time_is_said_in_several_ways() -> None:
    assert instant(None) is None
    assert instant("2026-05-01T12:00:00+00:00")
    assert datetime.fromisoformat(instant("90m") or "").tzinfo is not None
    for wrong in ("soon", "d", "nand", "1e99d", ""):
        with pytest.raises(Failure):
            instant(wrong)

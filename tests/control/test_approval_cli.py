"""`dihedral approval …` as a shell sees it: what waits, and how an expired run is told."""

from pathlib import Path
from typing import Any

import pytest

from tests.control.test_cli import answering, dihedral

ASK: dict[str, Any] = {
    "run": "run-k3v9", "workspace": {"name": "orders"}, "waiting_since": "2026-01-01T00:00:00Z",
    "age": 60, "expires_at": "2126-01-04T00:00:00Z", "expires_in": 9, "proposer": "agent:scribe",
    "on_behalf_of": "ada", "source": "api", "message": "a bucket for reports",
    "seats": {"needed": 2, "given": 1, "who": ["bo"]}, "effect": "e" * 64,
    "changes": "1 to create", "cost": "+3.00 USD", "risk": "touches 1 of 9",
    "why": ["policy: a bucket without an owner"],
}  # fmt: skip


def test_the_list_says_who_asks_for_whom_how_many_agreed_and_why_it_asks(tmp_path: Path) -> None:
    with answering(200, {"items": [ASK], "next": "run-k3v9"}) as url:
        done = dihedral("approval", "list", data=tmp_path, DIHEDRAL_URL=url)
    assert done.returncode == 0, done.stderr
    for said in (
        "run-k3v9  orders  1 to create",
        "a bucket for reports",
        "agent:scribe asks for ada",
        "1 of 2 approved (bo)",
        "expires in",
        "+3.00 USD",
        "policy: a bucket without an owner",
        "--after run-k3v9",
    ):
        assert said in done.stdout


def test_when_nothing_waits_it_says_so(tmp_path: Path) -> None:
    with answering(200, {"items": [], "next": None}) as url:
        done = dihedral("approval", "list", data=tmp_path, DIHEDRAL_URL=url)
    assert (done.returncode, done.stdout) == (0, "nothing waits for a person\n")


@pytest.mark.parametrize(("ended", "status"), [("expired", 1), ("discarded", 3)])
def test_a_run_that_nobody_answered_is_not_told_as_refused(
    tmp_path: Path, ended: str, status: int
) -> None:
    heard = {"pieces": [], "next": 0, "status": "discarded", "over": True, "ended": ended}
    with answering(200, heard) as url:
        done = dihedral("run", "log", "-f", "run-k3v9", data=tmp_path, DIHEDRAL_URL=url)
    assert done.returncode == status, done.stderr


def test_a_comment_is_said_and_one_that_sends_back_ends_the_run(tmp_path: Path) -> None:
    words = ("run", "comment", "run-k3v9", "smaller disks do")
    made = {"id": "cmt-1", "author": "bo", "text": "smaller disks do", "sends_back": False}
    with answering(201, made) as url:
        done = dihedral(*words, data=tmp_path, DIHEDRAL_URL=url)
    assert (done.returncode, done.stdout) == (0, "said of run-k3v9\n"), done.stderr
    told = {"run": {"id": "run-k3v9", "status": "discarded", "over": True}}
    with answering(200, told) as url:
        done = dihedral(*words, "--send-back", data=tmp_path, DIHEDRAL_URL=url)
    assert done.stdout == "run-k3v9 is discarded; another change is asked for\n", done.stderr

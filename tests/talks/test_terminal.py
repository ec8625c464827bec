"""Talks as a person has them at a terminal, and as a pipe has them."""

import json
import re
from pathlib import Path

import pytest

from dihedral import demo
from dihedral.model.work.providers import scriptfile
from tests.talks.house import APPLIED, House
from tests.talks.terminal import typed
from tests.wire.script import Asked, Say

MESSY = "hey, the night thing of the warehouse clobbers itself again, need some switch??"
SCRIPT = scriptfile.read(Path(demo.__file__).parent / "models.yaml")
BACK, LEAVE, STOP = "\n", "\x04", "\x03"


@pytest.fixture
def played(ours: House) -> House:
    """With the models of the demo, over a wire."""
    ours.plays(SCRIPT)
    return ours


def test_one_asks_and_watches_and_somebody_else_says_yes(played: House) -> None:
    words = ("ask", MESSY, "-w", "asking", "--as", "ada")
    seen = typed(words, played.environ)
    assert seen.code == 3 and "Apply exactly this?" not in seen.screen
    barred = (
        "It waits for a person, but not for you: You asked for this, so somebody else approves it."
    )
    assert barred in " ".join(seen.screen.split())
    shown = [part.strip() for part in seen.screen.splitlines()]
    for tool in ("ask_reflex", "delegate", "infrastructure: validate_draft", "read_run"):
        assert f"· {tool}" in shown, seen.screen
    assert "workspace asking is new" in shown
    assert "I understood: two runs of the night batch" in seen.screen
    assert "go on    dihedral chat cv-" in seen.screen
    [run] = set(re.findall(r"proposed as (run-\w+)", seen.screen))
    assert played.do("run", "approve", run, "--as", "bo").returncode == 0
    assert played.run(run, APPLIED)["on_behalf_of"] == "ada"
    assert "" not in shown[: shown.index("· read_run")]


def test_one_chats_and_is_told_what_to_do_with_what_waits(played: House) -> None:
    words = ("chat", "-w", "chatting")
    seen = typed(words, played.environ, ("> ", f"{MESSY}{BACK}"), (r"discard run-\w+\s+> ", LEAVE))
    assert seen.code == 0
    assert "It waits for a person:" in seen.screen and "dihedral run approve run-" in seen.screen
    assert "come back   dihedral chat cv-" in seen.screen


@pytest.mark.parametrize("verb", ["chat", "ask"])
def test_ctrl_c_stops_the_turn_and_not_the_conversation(ours: House, verb: str) -> None:
    def slow(asked: Asked) -> Say:
        return Say(text="I think and think and think. " * 200, pace=0.05)

    ours.plays(slow)
    words, begin = ["chat", "-w", "stopping"], [("> ", f"{MESSY}{BACK}")]
    if verb == "ask":
        words, begin = ["ask", MESSY, "-w", "stopping"], []
    leave = ("> ", LEAVE if verb == "chat" else BACK)
    seen = typed(words, ours.environ, *begin, ("think and", STOP), leave)
    assert "stopped; say something else" in seen.screen
    assert seen.code == (0 if verb == "chat" else 1)
    found = json.loads(ours.do("conversation", "list", "--json").stdout)["items"][0]
    assert found["standing"] == "resting"
    shown = json.loads(ours.do("conversation", "show", found["id"], "--json").stdout)
    assert shown["turns"][-1]["outcome"] == "stopped"


def test_in_a_pipe_there_are_only_words_and_with_json_only_json(played: House) -> None:
    plain = played.do("ask", MESSY, "-w", "piping")
    assert plain.returncode == 3 and "\x1b" not in plain.stdout + plain.stderr
    assert "I understood" in plain.stdout and "· delegate" in plain.stderr
    told = played.do("ask", MESSY, "-w", "piping", "--json")
    assert told.returncode == 3
    assert json.loads(told.stdout)["turns"][-1]["runs"][0]["status"] == "policy_checked"


def test_what_was_said_is_shown_resumed_and_stopped_by_its_name(played: House) -> None:
    name = json.loads(played.do("ask", MESSY, "-w", "naming", "--json").stdout)["conversation"][
        "id"
    ]
    assert name in played.do("conversation", "list").stdout
    shown = played.do("conversation", "show", name, "--work")
    assert "→ delegate" in shown.stdout and "handed on to infrastructure" in shown.stderr
    refused = played.do("conversation", "resume", name)
    assert refused.returncode == 1 and f"{name} is resting" in refused.stderr
    assert played.do("conversation", "stop", name).returncode == 0
    assert played.do("chat", name).returncode == 0


def test_without_a_model_all_is_as_before_and_one_is_told_how_to_add_one(ours: House) -> None:
    ours.plays(SCRIPT)
    for one in ours.get("models")["items"]:
        ours.http.delete(f"/v1/models/{one['id']}")
    done = ours.do("ask", MESSY, "-w", "alone")
    assert done.returncode == 2
    assert "not sure what is meant" in done.stderr and "dihedral model add large" in done.stderr
    sure = ours.do("ask", "A queue called parcels, owner team-shop", "-w", "alone")
    assert sure.returncode == 3 and "blueprint queue" in sure.stderr
    talk = ours.say(MESSY, "alone")
    said = talk["messages"][-1]["parts"][0]["text"]
    assert "`dihedral model add large …` adds a model" in said


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("请帮我建一个叫 alerts 的 SNS 主题", "owner: Which team or person"),
        (
            "Wir brauchen eine Warteschlange für Bestellungen, Name bestellungen",
            "owner: Which team",
        ),
        ("Una cola SQS llamada pedidos, por favor", "owner: Which team or person"),
    ],
    ids=["zh", "de", "es"],
)
def test_without_a_model_requests_of_any_language_are_answered_in_plain_english(
    ours: House, text: str, asks: str
) -> None:
    for one in ours.get("models")["items"]:
        ours.http.delete(f"/v1/models/{one['id']}")
    talk = ours.say(text, "tongues")
    said = talk["messages"][-1]["parts"][0]["text"]
    assert said.startswith("That is the blueprint") and asks in said
    talk = ours.say("team-web", talk=talk["conversation"]["id"])
    assert [run["status"] for run in talk["turns"][-1]["runs"]] != []

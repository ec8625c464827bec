"""A conversation at the terminal: what is said appears as it comes, then what is on the record.

What an agent says goes to stdout, everything else to stderr. In a pipe whole messages are printed,
not pieces, so that nothing that was taken back is in it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dihedral.control.cli.failure import FAULT, REFUSED

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client

AGAIN = "\n(the model was asked once more)\n"


@dataclass(slots=True)
class Voice:
    """Prints each message once: what its pieces have said of it already is not said again."""

    live: bool
    said: str = ""
    seq: int = 0
    name: str = ""  # of the last event, to go on from

    def hear(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "piece":
            self._piece(data)
        elif kind == "message" and data["by"] == "agent":
            self._message(data)

    def _piece(self, data: Mapping[str, Any]) -> None:
        from dihedral.control.cli import screen

        if data["kind"] == "tool":
            self._line()
            screen.note(f"  · {printable(data['text'])}")
        elif not self.live:
            return
        elif data["kind"] == "again":
            sys.stdout.write(AGAIN if self.said else "")
            self.said = ""
        elif data["kind"] == "text":
            self._write(data["text"])

    def _message(self, data: Mapping[str, Any]) -> None:
        text = "\n".join(part["text"] for part in data["parts"] if part["kind"] == "text")
        if text and not text.startswith(self.said):
            sys.stdout.write(AGAIN)
            self.said = ""
        self._write(text[len(self.said) :])
        self._line()
        self.said = ""

    def _write(self, text: str) -> None:
        sys.stdout.write(printable(text))
        sys.stdout.flush()
        self.said += text

    def _line(self) -> None:
        if self.said and not self.said.endswith("\n"):
            sys.stdout.write("\n")
            sys.stdout.flush()


def printable(text: str) -> str:
    """A model's words move no cursor and set no title."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


def listen(client: "Client", name: str, after: int) -> Any:
    """Prints what is said after message `after`, until it rests; the whole talk then. Raises
    Failure."""
    voice = Voice(live=sys.stdout.isatty(), name=str(after))
    while True:
        end = False
        for kind, given, data in client.events(
            "conversations", name, "events", after=voice.name, until="rest"
        ):
            voice.name = given or voice.name
            voice.hear(kind, data)
            end = kind == "end"
        if end:
            return json.loads(client.get("conversations", name))


def record(talk: Any, *, carried: bool = False) -> list[Any]:
    """Shows how the last turn ended, and the runs that it is on the record with, but for those that
    are `carried` on now, and so shown."""
    from dihedral.control.cli import report, screen

    turn, conversation = talk["turns"][-1], talk["conversation"]
    if conversation["standing"] == "paused":
        screen.note(f"paused: {conversation['why']}")
        screen.note(f"  go on    dihedral conversation resume {conversation['id']}")
    elif turn["outcome"] in ("failed", "stopped"):
        screen.note(f"{turn['outcome']}: {turn['why']}")
    elif turn["why"]:
        screen.note(turn["why"])
    if money := _spent(turn):
        screen.note(money)
    runs: list[Any] = turn["runs"]
    for run in runs:
        if carried and not run["over"]:
            continue
        screen.gap()
        report.head(run)
        report.numbers(run)
    return runs


def ended(talk: Any) -> None:
    """Ends the command as the last turn ended."""
    if talk["conversation"]["standing"] == "paused":
        raise SystemExit(REFUSED)
    if talk["turns"][-1]["outcome"] != "answered":
        raise SystemExit(FAULT)


@contextmanager
def stoppable(client: "Client", name: str) -> Iterator[None]:
    """Ctrl-C ends the turn, not the conversation."""
    from dihedral.control.cli import screen

    try:
        yield
    except KeyboardInterrupt:
        client.post("conversations", name, "interrupt")
        screen.note("\nstopped; say something else, or Ctrl-C again to leave")


def newest(talk: Any) -> int:
    """The number of its last message."""
    return int(talk["messages"][-1]["seq"]) if talk["messages"] else 0


def begun(client: "Client", text: str, **more: Any) -> Any:
    body = {"text": text, **{k: v for k, v in more.items() if v is not None}}
    return json.loads(client.post("conversations", body=body))


def _spent(turn: Any) -> str:
    """Time and money of its models; what is not known is said."""
    if not turn["version"] or not turn["numbers"]["cost"]:
        return ""
    cost = turn["numbers"]["cost"]
    money = "cost not known" if cost["money"] is None else f"${float(cost['money']):.4f}"
    used = cost["tokens"].get("input", 0) + cost["tokens"].get("output", 0)
    seconds = turn["numbers"]["speed"].get("seconds", 0.0)
    return f"({seconds:.1f} s, {used:,} tokens, {money})"

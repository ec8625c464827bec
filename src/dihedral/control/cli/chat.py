"""`dihedral chat`: a talk with an agent, a line at a time."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As
from dihedral.control.cli.proposing import Into, Ways, carry, ensure

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client

LAST = 6  # messages that are shown of a talk that one comes back to


def chat(
    conversation: Annotated[
        str | None, typer.Argument(metavar="CONVERSATION", help="One to go on with; else a new.")
    ] = None,
    workspace: Into = None,
    agent: Annotated[str, typer.Option(metavar="NAME", help="Whom to talk with.")] = "supervisor",
    as_: As = "",
) -> None:
    """Talk with an agent. Ctrl-C stops what it does, and again leaves; Ctrl-D leaves, too."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    if workspace:
        ensure(client, workspace)
    name, seen = conversation, 0
    if name:
        seen = _before(client, name)
    try:
        while line := _line():
            name, seen = _turn(client, name, seen, line, {"workspace": workspace, "agent": agent})
    except (KeyboardInterrupt, EOFError):
        screen.gap()
    if name:
        screen.note(f"come back   dihedral chat {name}")


def converse(client: "Client", name: str, ways: Ways) -> None:
    """What `ask` began goes on until something is proposed, or the person has nothing to add."""
    from dihedral.control.cli import screen, talking

    seen = 1
    while True:
        with talking.stoppable(client, name):
            talk = talking.listen(client, name, seen)
        if ways.as_json:
            screen.raw(json.dumps(talk, ensure_ascii=False).encode())
            return talking.ended(talk)
        runs = talking.record(talk, carried=True)
        if runs or not _interactive() or talk["conversation"]["standing"] != "resting":
            break
        if not (line := screen.answer(">")):
            break
        seen = talking.newest(talk) + 1
        client.post("conversations", name, "messages", body={"text": line})
    screen.note(f"go on    dihedral chat {name}")
    for run in runs:
        if not run["over"]:
            carry(client, json.loads(client.get("runs", run["id"])), ways)
    return talking.ended(talk)


def _turn(
    client: "Client", name: str | None, seen: int, line: str, more: dict[str, Any]
) -> tuple[str, int]:
    """Says a line, and prints the answer; where it is, and how far it came."""
    from dihedral.control.cli import talking

    if name is None:
        name = talking.begun(client, line, **more)["id"]
    else:
        client.post("conversations", name, "messages", body={"text": line})
    with talking.stoppable(client, name):
        talk = talking.listen(client, name, seen + 1)
        talking.record(talk)
        return name, talking.newest(talk)
    return name, talking.newest(json.loads(client.get("conversations", name)))


def _before(client: "Client", name: str) -> int:
    """Shows the end of what was said."""
    from dihedral.control.cli import screen, talking

    talk = json.loads(client.get("conversations", name))
    for message in talk["messages"][-LAST:]:
        text = "\n".join(part["text"] for part in message["parts"] if part["kind"] == "text")
        if text:
            mark = "> " if message["by"] == "person" else ""
            screen.say(mark + talking.printable(text))
    return talking.newest(talk)


def _line() -> str:
    """What the person types; empty lines are asked again. Raises EOFError."""
    while True:
        if _interactive():
            text = input("> ")
        else:
            text = sys.stdin.readline()
            if not text:
                raise EOFError
        if text.strip():
            return text.strip()


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()

"""`dihedral escalation …`: what agents handed to people."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson, Comment

app = here.group("Escalations: what agents handed to people.")
Key = Annotated[str, typer.Argument(metavar="ESCALATION", help="Such as esc-k3v9…")]


@app.command("list", epilog="Example: dihedral escalation list")
def page(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    after: Annotated[
        str | None, typer.Option(metavar="ESCALATION", help="Only later ones.")
    ] = None,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Those that are open, the oldest first."""
    from dihedral.control.cli import screen

    text = here.client(as_).get("escalations", all=everything, after=after)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        return screen.say("nothing waits: no agent handed anything to a person")
    rows = [
        (one["id"], one["agent"], one["person"], screen.when(one["at"]), _state(one), one["reason"])
        for one in found["items"]
    ]
    screen.table(("escalation", "by", "for", "when", "state", "why"), rows, last="cut")
    if found["next"]:
        screen.say(f"later ones: dihedral escalation list --after {found['next']}")
    return None


@app.command("show", epilog="Example: dihedral escalation show esc-k3v9mq2x")
def show(escalation: Key, as_: As = "", as_json: AsJson = False) -> None:
    """What it is about, and what came of it."""
    from dihedral.control.cli import screen

    text = here.client(as_).get("escalations", escalation)
    if as_json:
        return screen.raw(text)
    one = json.loads(text)
    screen.say(f"{one['id']}  {one['agent']} for {one['person']}  {_state(one)}")
    screen.line(one["reason"])
    if one["closed_why"]:
        screen.line(f"closed: {one['closed_why']}")
    screen.say(f"the talk: dihedral conversation show {one['conversation']}")
    if not one["closed_at"]:
        screen.say(f"seen to: dihedral escalation close {one['id']} -m 'what was done'")
    return None


@app.command("close", epilog="Example: dihedral escalation close esc-k3v9mq2x -m 'called back'")
def close(escalation: Key, comment: Comment = "", as_: As = "", as_json: AsJson = False) -> None:
    """Say that it is seen to."""
    from dihedral.control.cli import screen

    body = {"why": comment}
    text = here.client(as_).post("escalations", escalation, "close", body=body)
    return screen.raw(text) if as_json else screen.say(f"{escalation} is closed")


def _state(one: dict[str, str | None]) -> str:
    return f"closed by {one['closed_by']}" if one["closed_at"] else "open"

"""`dihedral approval …`: what waits for a person, the longest first, and what this person says.

The verbs are those of `dihedral run`: there is one record of a decision, and two ways to it.
"""

import json
from typing import Annotated, Any

import typer

from dihedral.control.cli import here, run
from dihedral.control.cli.here import As, AsJson, Comment, Run

app = here.group("What waits for a person: list, show, approve, deny, withdraw.")
Effect = Annotated[str | None, typer.Option(metavar="DIGEST", help="Only if it does exactly this.")]


@app.command("list", epilog="Example: dihedral approval list --workspace orders")
def page(
    workspace: Annotated[str | None, typer.Option("--workspace", "-w", metavar="NAME")] = None,
    after: Annotated[str | None, typer.Option(metavar="RUN", help="Only later ones.")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What waits for a person, the longest first."""
    from dihedral.control.cli import screen

    query = {"workspace": workspace, "after": after, "size": size}
    text = here.client().get("approvals", **query)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        return screen.say("nothing waits for a person")
    for ask in found["items"]:
        _say(ask)
    screen.say("read one: dihedral run plan RUN; then: dihedral approval approve|deny RUN")
    if found["next"]:
        screen.say(f"more: dihedral approval list --after {found['next']}")


@app.command("show", epilog="Example: dihedral approval show run-k3v9mq2x")
def show(run_: Run, as_json: AsJson = False) -> None:
    """What is asked, why, who said yes, and who is still needed."""
    run.show(run_, as_json)


@app.command("approve", epilog="Example: dihedral approval approve run-k3v9mq2x -m 'seen with Bo'")
def approve(
    run_: Run, effect: Effect = None, comment: Comment = "", as_: As = "", as_json: AsJson = False
) -> None:
    """Say yes to exactly what the run shows."""
    run.approve(run_, effect, comment, as_, as_json)


@app.command("deny", epilog="Example: dihedral approval deny run-k3v9mq2x -m 'too dear'")
def deny(run_: Run, comment: Comment = "", as_: As = "", as_json: AsJson = False) -> None:
    """Say no. Nothing is applied."""
    run.discard(run_, comment, as_, as_json)


@app.command("withdraw", epilog="Example: dihedral approval withdraw run-k3v9mq2x -m 'misread it'")
def withdraw(run_: Run, comment: Comment = "", as_: As = "", as_json: AsJson = False) -> None:
    """Take your own yes back, as long as the apply has not begun."""
    run.decide(run_, "withdraw", {"comment": comment}, as_, as_json)


def _say(ask: dict[str, Any]) -> None:
    from dihedral.control.cli import screen

    seats = ask["seats"]
    since = ask["waiting_since"]
    asks = f"{ask['proposer']} asks" + (
        f" for {ask['on_behalf_of']}" if ask["on_behalf_of"] else ""
    )
    head = [
        asks,
        f"asked {screen.when(since)}" if since else "",
        f"expires {screen.until(ask['expires_at'])}" if ask["expires_at"] else "",
        f"{seats['given']} of {seats['needed']} approved"
        + (f" ({', '.join(seats['who'])})" if seats["who"] else ""),
    ]
    screen.out().print(
        screen.words((ask["run"], "bold"), (f"  {ask['workspace']['name']}  {ask['changes']}", ""))
    )
    if ask["message"]:
        screen.indented(ask["message"].partition("\n")[0], 2)
    screen.indented(" · ".join(part for part in head if part), 2, "dim")
    screen.pairs((("  cost", ask["cost"]), ("  risk", ask["risk"])))
    for why in ask["why"]:
        screen.indented(why, 2)
    screen.gap()

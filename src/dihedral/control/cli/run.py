"""`dihedral run …`: look at runs, and decide them."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson, Comment, Run

app = here.group("Runs: list, read, approve, discard, replan, cancel.")


@app.command("list", epilog="Example: dihedral run list --workspace orders --status errored")
def page(
    workspace: Annotated[str | None, typer.Option("--workspace", "-w", metavar="NAME")] = None,
    status: Annotated[str | None, typer.Option(help="Only these, e.g. policy_checked.")] = None,
    before: Annotated[str | None, typer.Option(metavar="RUN", help="Only older ones.")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Runs, newest first."""
    from dihedral.control.cli import report, screen

    text = here.client().get("runs", workspace=workspace, status=status, before=before, size=size)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        return screen.say("no runs; `dihedral plan DIR` makes one")
    rows = [
        (r["id"], r["workspace"]["name"], report.status(r), screen.when(r["created_at"]), _says(r))
        for r in found["items"]
    ]
    screen.table(("run", "workspace", "status", "made", "what"), rows, last="cut")
    if found["next"]:
        screen.say(f"older ones: dihedral run list --before {found['next']}")


@app.command("show", epilog="Example: dihedral run show run-k3v9mq2x")
def show(run: Run, as_json: AsJson = False) -> None:
    """A run's whole story: numbers, verdicts, approvals, history."""
    from dihedral.control.cli import report, screen

    text = here.client().get("runs", run)
    if as_json:
        return screen.raw(text)
    report.story(json.loads(text))


@app.command("log", epilog="Example: dihedral run log -f run-k3v9mq2x")
def log(
    run: Run,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
    as_json: AsJson = False,
) -> None:
    """What the run says. With -f, until it ends or waits for a person."""
    from dihedral.control.cli import following, screen

    client = here.client()
    if as_json:
        return screen.raw(client.get("runs", run, "log"))
    if not follow:
        for piece in json.loads(client.get("runs", run, "log"))["pieces"]:
            screen.line(piece["text"])
        return
    with following.interruptible(run):
        heard = following.follow(client, run, screen.line)
    if heard.status == following.WAITING:
        screen.note(f"it waits for a person: dihedral run show {run}")
    following.finish(heard)


@app.command("plan", epilog="Example: dihedral run plan run-k3v9mq2x")
def plan(run: Run, as_json: AsJson = False) -> None:
    """What the run would change, with everything sensitive hidden."""
    from dihedral.control.cli import report, screen

    text = here.client().get("runs", run, "plan", width=screen.width())
    return screen.raw(text) if as_json else report.plan(json.loads(text))


@app.command("blast", epilog="Example: dihedral run blast run-k3v9mq2x --svg blast.svg")
def blast(
    run: Run,
    svg: Annotated[str, typer.Option(metavar="FILE", help="A picture; - is stdout.")] = "",
    as_json: AsJson = False,
) -> None:
    """What the run touches, and who would feel it."""
    from dihedral.control.cli import reach, screen

    if svg:
        return reach.picture(here.client().get("runs", run, "blast.svg"), svg)
    text = here.client().get("runs", run, "blast")
    return screen.raw(text) if as_json else reach.tree(json.loads(text))


@app.command("evidence", epilog="Example: dihedral run evidence run-k3v9mq2x > evidence.json")
def evidence(run: Run) -> None:
    """The evidence of a run that is over, as JSON."""
    from dihedral.control.cli import screen

    screen.raw(here.client().get("runs", run, "evidence"))


@app.command("approve", epilog="Example: dihedral run approve run-k3v9mq2x -m 'seen with Bo'")
def approve(
    run: Run,
    effect: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Only if it does exactly this.")
    ] = None,
    comment: Comment = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Say yes to exactly what the run shows. It is applied next."""
    decide(run, "approve", {"effect": effect, "comment": comment}, as_, as_json)


@app.command("discard", epilog="Example: dihedral run discard run-k3v9mq2x -m 'too dear'")
def discard(run: Run, comment: Comment = "", as_: As = "", as_json: AsJson = False) -> None:
    """Say no. Nothing is applied."""
    decide(run, "discard", {"comment": comment}, as_, as_json)


@app.command(
    "comment", epilog="Example: dihedral run comment run-k3v9mq2x 'smaller disks do' --send-back"
)
def comment(
    run: Run,
    text: Annotated[str, typer.Argument(help="What there is to say of it.")],
    back: Annotated[
        bool, typer.Option("--send-back", help="Say no: this is wanted in its place.")
    ] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Say something of a run; with --send-back it ends, and another change is asked for."""
    from dihedral.control.cli import screen

    if back:
        return decide(run, "send-back", {"comment": text}, as_, as_json)
    answer = here.client(as_).post("runs", run, "comments", body={"comment": text})
    return screen.raw(answer) if as_json else screen.say(f"said of {run}")


@app.command("cancel", epilog="Example: dihedral run cancel run-k3v9mq2x")
def cancel(run: Run, as_: As = "", as_json: AsJson = False) -> None:
    """Stop it. An apply is interrupted and ends in order."""
    decide(run, "cancel", None, as_, as_json)


@app.command("replan", epilog="Example: dihedral run replan run-k3v9mq2x")
def replan(run: Run, as_: As = "", as_json: AsJson = False) -> None:
    """Plan its files again, laid over what others had applied since. Approvals stay valid if it
    would still do the same."""
    from dihedral.control.cli import screen

    text = here.client(as_).post("runs", run, "replan")
    if as_json:
        return screen.raw(text)
    again = json.loads(text)["run"]
    screen.say(f"{run} is planned again" + (f" as {again['id']}" if again["id"] != run else ""))
    screen.say(f"Watch it: dihedral run log -f {again['id']}")


def decide(run: str, verb: str, body: object, name: str, as_json: bool) -> None:
    from dihedral.control.cli import report, screen

    text = here.client(name).post("runs", run, verb, body=body)
    return screen.raw(text) if as_json else report.decided(json.loads(text), verb)


def _says(run: dict[str, object]) -> str:
    return str(run["message"] or run["reason"] or "").partition("\n")[0]

"""`dihedral audit …`: every act and refusal, and the proof that none was changed."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import AsJson

app = here.group("The audit log: who did what, or was refused.")


@app.command("list", epilog="Example: dihedral audit list --target run-k3v9mq2x")
def page(
    target: Annotated[
        str | None, typer.Option(help="Only of this run, workspace, request.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this one.")] = None,
    outcome: Annotated[str | None, typer.Option(help="done, denied or failed.")] = None,
    before: Annotated[int | None, typer.Option(help="Only older than this number.")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Acts and refusals, newest first."""
    from dihedral.control.cli import screen

    which = {"target": target, "actor": actor, "outcome": outcome, "before": before}
    text = here.client().get("audit", **which, size=size)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    rows = [
        (str(r["seq"]), screen.when(r["at"]), _who(r), r["action"], r["outcome"], _what(r))
        for r in found["items"]
    ]
    screen.table(("#", "when", "who", "action", "outcome", "what"), rows, last="cut")
    if found["next"]:
        screen.say(f"older ones: dihedral audit list --before {found['next']}")


@app.command("export", epilog="Example: dihedral audit export --out audit.jsonl")
def export(
    out: Annotated[Path | None, typer.Option(help="A file, instead of the screen.")] = None,
    after: Annotated[int, typer.Option(help="Only newer than this number.")] = 0,
) -> None:
    """All records, oldest first, a JSON object a line: to be kept in another place."""
    import sys

    from dihedral.control.cli import screen

    client, written = here.client(), 0
    with out.open("wb") if out else sys.stdout.buffer as file:
        while text := client.get("audit", "records", after=after):
            file.write(text)
            after = json.loads(text.splitlines()[-1])["seq"]
            written += text.count(b"\n")
    if out:
        screen.note(f"{written} records in {out}")


@app.command("verify", epilog="Example: dihedral audit verify audit.jsonl")
def verify(
    file: Annotated[Path | None, typer.Argument(help="Records that were exported.")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that every record is as it was written: the server's, or those of a file, offline."""
    from dihedral.control.cli import screen

    proof = _offline(file) if file else json.loads(here.client().get("audit", "proof"))
    if as_json:
        screen.raw(json.dumps(proof).encode())
    elif not proof["broken"]:
        screen.say(f"{proof['seq']} records, each as it was written; the last is {proof['hash']}")
    if proof["broken"]:
        why = f"the audit log was tampered with: {proof['broken']}"
        raise Failure(f"{why}; the {proof['seq']} records before that are as they were written")


def _offline(file: Path) -> dict[str, Any]:
    from dihedral.ops.rules import records

    try:
        head, broken = records.follow(file.read_bytes())
    except OSError as cause:
        raise Failure(f"{file} cannot be read: {cause.strerror}") from cause
    return {"seq": head.seq, "hash": head.hash, "broken": broken}


def _who(record: dict[str, Any]) -> str:
    behalf = record["on_behalf_of"]
    return f"{record['actor']} for {behalf}" if behalf else str(record["actor"])


def _what(record: dict[str, Any]) -> str:
    return " · ".join(filter(None, (record["target"], record["reason"])))

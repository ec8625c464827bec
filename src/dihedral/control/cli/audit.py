"""`dihedral audit …`: every act and refusal, and the proof that none was changed."""

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import AsJson

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
app = here.group("The audit log: who did what, or was refused.")


Target = Annotated[str | None, typer.Option(help="Only of this run, workspace, request.")]
By = Annotated[str | None, typer.Option("--actor", help="Only by this one.")]
Did = Annotated[str | None, typer.Option("--action", help="Only this, such as run.approve.")]
Came = Annotated[str | None, typer.Option("--outcome", help="done, denied or failed.")]
Instant = Annotated[
    str | None, typer.Option(metavar="WHEN", help="2026-05-01T12:00, 90m, 12h, 7d.")
]


class Format(StrEnum):
    JSONL = "jsonl"
    CLOUDEVENTS = "cloudevents"


@app.command("list", epilog="Example: dihedral audit list --action run.approve --since 7d")
def page(  # noqa: PLR0913 (each is an option)
    target: Target = None,
    actor: By = None,
    action: Did = None,
    outcome: Came = None,
    since: Instant = None,
    until: Instant = None,
    before: Annotated[int | None, typer.Option(help="Only older than this number.")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Acts and refusals, newest first."""
    from dihedral.control.cli import screen

    which = {"target": target, "actor": actor, "action": action, "outcome": outcome}
    times = {"since": instant(since), "until": instant(until)}
    text = here.client().get("audit", **which, **times, before=before, size=size)
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


@app.command("tail", epilog="Example: dihedral audit tail --outcome denied")
def tail(
    target: Target = None,
    actor: By = None,
    action: Did = None,
    outcome: Came = None,
    size: Annotated[int, typer.Option(help="How many of those that there are.")] = 10,
    as_json: AsJson = False,
) -> None:
    """The last acts and refusals, and each further one as it comes, until Ctrl-C."""
    from dihedral.control.cli import screen
    from dihedral.control.cli.following import WAIT, patiently

    which = {"target": target, "actor": actor, "action": action, "outcome": outcome}
    client, after = here.client(), 0
    found = json.loads(client.get("audit", **which, size=size))["items"][::-1]
    try:
        while True:
            for record in found:
                screen.line(json.dumps(record) if as_json else _line(record))
            after = found[-1]["seq"] if found else after
            ask = partial(client.get, "audit", "news", **which, after=after, wait=WAIT)
            found = patiently(ask)["items"]
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@app.command(
    "export", epilog="Example: dihedral audit export --format cloudevents --out audit.jsonl"
)
def export(
    out: Annotated[Path | None, typer.Option(help="A file, instead of the screen.")] = None,
    after: Annotated[int, typer.Option(help="Only newer than this number.")] = 0,
    form: Annotated[
        Format, typer.Option("--format", help="Records, which can be verified, or CloudEvents.")
    ] = Format.JSONL,
) -> None:
    """All records, oldest first, a JSON object a line: to be kept in another place."""
    import sys

    from dihedral.control.cli import screen
    from dihedral.ops.rules import records

    client, written = here.client(), 0
    with out.open("wb") if out else sys.stdout.buffer as file:
        while text := client.get("audit", "records", after=after):
            lines = text.splitlines(keepends=True)
            file.writelines(lines if form is Format.JSONL else map(records.event, lines))
            after = json.loads(lines[-1])["seq"]
            written += len(lines)
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


def instant(said: str | None) -> str | None:
    """`7d` is so long ago; a time without a zone is of this machine's. Raises Failure."""
    if said is None:
        return None
    try:
        if said[-1:] in UNITS:
            return (datetime.now(UTC) - float(said[:-1]) * UNITS[said[-1]]).isoformat()
        return datetime.fromisoformat(said).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise Failure(f"{said!r} is no time; say 2026-05-01T12:00, 90m, 12h or 7d", 2) from None


def _line(record: dict[str, Any]) -> str:
    from dihedral.control.cli import screen

    parts = (record["seq"], screen.when(record["at"]), _who(record), record["action"])
    return "  ".join([*map(str, parts), record["outcome"], _what(record)]).rstrip()


def _who(record: dict[str, Any]) -> str:
    behalf = record["on_behalf_of"]
    return f"{record['actor']} for {behalf}" if behalf else str(record["actor"])


def _what(record: dict[str, Any]) -> str:
    return " · ".join(filter(None, (record["target"], record["reason"])))

"""`dihedral plan` and `dihedral apply`: any directory of Terraform through the same gates."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import REFUSED, Failure

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client
from dihedral.control.cli.here import As, AsJson, Comment, Yes

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Where the *.tf files are.")]
Into = Annotated[
    str | None, typer.Option("--workspace", "-w", metavar="NAME", help="Else the directory's name.")
]


@dataclass(frozen=True, slots=True)
class Ways:
    """How a proposal is carried: `yes` approves without asking."""

    yes: bool = False
    as_json: bool = False


def plan(
    directory: Directory = Path("."),
    workspace: Into = None,
    message: Comment = "",
    destroy: Annotated[bool, typer.Option(help="Plan to destroy it all.")] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Plan a directory and judge it; nothing is applied."""
    client = here.client(as_)
    told = propose(client, directory, workspace, message=message, plan_only=True, destroy=destroy)
    carry(client, told, Ways(as_json=as_json))


def apply(  # noqa: PLR0913 (an option each)
    directory: Directory = Path("."),
    workspace: Into = None,
    message: Comment = "",
    yes: Yes = False,
    destroy: Annotated[bool, typer.Option(help="Destroy it all.")] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Plan a directory, judge it, ask you, and apply exactly that plan."""
    client = here.client(as_)
    told = propose(client, directory, workspace, message=message, destroy=destroy)
    carry(client, told, Ways(yes=yes, as_json=as_json))


def propose(
    client: "Client", directory: Path, workspace: str | None, *, message: str = "", **kinds: bool
) -> Any:
    """The story of a new run over the directory's files. Raises Failure, or a fault of packing."""
    from dihedral.kit import archive

    limits = archive.Limits(bytes=here.settings().max_configuration)
    try:
        files = archive.collect(directory, limits)
    except (archive.Refused, OSError) as cause:
        why = cause.strerror if isinstance(cause, OSError) else cause
        raise Failure(f"{directory} cannot be sent: {why}") from cause
    if not files:
        raise Failure(
            f"{directory} cannot be sent: there is no file in it, or {archive.IGNORE_FILE} leaves"
            " out all of them; name the directory where the *.tf files are"
        )
    name = workspace or named(directory)
    ensure(client, name)
    text = client.send(
        ("workspaces", name, "runs"),
        {"message": message[:4000] or None, **kinds},
        ("application/zstd", archive.press(files)),
    )
    return json.loads(text)


def ensure(client: "Client", name: str) -> None:
    """Makes the workspace if it is missing, and says so."""
    from dihedral.control.cli import screen

    try:
        client.get("workspaces", name)
    except Failure as failure:
        if failure.code != "not_found":
            raise
        client.post("workspaces", body={"name": name})
        screen.note(f"workspace {name} is new")


def named(directory: Path) -> str:
    """A workspace's name made of a directory's."""
    name = re.sub(r"[^a-z0-9_-]+", "-", directory.resolve().name.lower()).strip("-_")
    return name[:90] or "default"


def carry(client: "Client", told: Mapping[str, Any], ways: Ways) -> None:
    """Follows a run to its end, asking the person at the terminal on the way."""
    from dihedral.control.cli import following, report, screen

    run = told["run"]["id"]
    screen.note(f"{run} in {told['run']['workspace']['name']}")
    with following.interruptible(run):
        heard = following.follow(client, run, screen.note)
        told = _read(client, run)
        if not ways.as_json:
            _tell(client, told)
        if heard.status == following.WAITING and _agreed(told, ways):
            body = {"effect": told["run"]["effect"], "comment": ""}
            client.post("runs", run, "approve", body=body)
            heard = following.follow(client, run, screen.note, heard.after)
            told = _read(client, run)
            if not ways.as_json:
                _ended(client, told)
    if ways.as_json:
        screen.raw(json.dumps(told, ensure_ascii=False).encode())
    elif heard.status == following.WAITING:
        report.following(told["run"], told["barred"])
    if heard.status == following.WAITING:
        raise SystemExit(REFUSED)
    following.finish(heard)


def _agreed(told: Mapping[str, Any], ways: Ways) -> bool:
    """Whether this person says yes. Without a terminal nobody does."""
    from dihedral.control.cli import screen

    if ways.yes:
        return True
    if told["barred"] or ways.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return screen.asked("Apply exactly this?")


def _tell(client: "Client", told: Mapping[str, Any]) -> None:
    from dihedral.control.cli import report, screen

    if told["run"]["effect"] is not None:
        screen.gap()
        run = told["run"]["id"]
        report.plan(json.loads(client.get("runs", run, "plan", width=screen.width())))
    screen.gap()
    report.head(told["run"], told["verdicts"])
    report.numbers(told["run"])
    report.verdicts(told["verdicts"])
    screen.gap()


def _ended(client: "Client", told: Mapping[str, Any]) -> None:
    from dihedral.control.cli import report, screen

    run = told["run"]
    screen.gap()
    report.head(run)
    report.numbers(run)
    if run["status"] == "applied":
        workspace = run["workspace"]["name"]
        found = json.loads(client.get("workspaces", workspace, "outputs"))["outputs"]
        if found:
            screen.gap()
            report.outputs(found)
    report.following(run)


def _read(client: "Client", run: str) -> Any:
    return json.loads(client.get("runs", run))

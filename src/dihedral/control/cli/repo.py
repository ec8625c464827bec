"""`dihedral repo …`: a workspace's proposals as a Git repository."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import As, Workspace

app = here.group("Proposals in Git: a branch for each, and main is what is applied.")
EVERY = "refs/heads/*:refs/heads/*"
PATIENCE = 300.0  # seconds that the server may take to make it
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")


@app.command("clone", epilog="Example: dihedral repo clone orders ./orders")
def clone(
    workspace: Workspace,
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A new one; else the workspace's name.")
    ] = None,
    as_: As = "",
) -> None:
    """A workspace's proposals as a Git repository of your own: main is what is applied."""
    from dihedral.control.cli import screen

    where = directory or Path(workspace)
    if where.exists() and (not where.is_dir() or any(where.iterdir())):
        raise Failure(f"{where} is there already; name another directory")
    with tempfile.TemporaryDirectory(prefix="dihedral-") as made:
        bundle = _fetched(workspace, as_, Path(made))
        _git(None, ["init", "--quiet", "--template=", "-b", "main", "--", str(where)])
        _git(where, ["fetch", "--quiet", "--update-head-ok", str(bundle), EVERY])
    branches = _branches(where)
    if "main" in branches:
        _git(where, ["reset", "--quiet", "--hard"])
    said = "main is what is applied" if "main" in branches else "nothing is applied yet"
    screen.say(f"{where}: {len(branches)} branches; {said}")


@app.command("push", epilog="Example: dihedral repo push orders --remote git@example.com:orders")
def push(
    workspace: Workspace,
    remote: Annotated[str, typer.Option("--remote", metavar="URL", help="Where git may push to.")],
    as_: As = "",
) -> None:
    """The same, pushed to a repository elsewhere by your own git, with your own credentials. What
    is there and goes another way is left, and said."""
    from dihedral.control.cli import screen

    if remote.startswith("-"):
        raise Failure(f"{remote} is no URL")
    with tempfile.TemporaryDirectory(prefix="dihedral-") as made:
        top = Path(made)
        bundle = _fetched(workspace, as_, top)
        bare = top / "repository"
        _git(None, ["init", "--quiet", "--bare", "--template=", "-b", "main", "--", str(bare)])
        _git(bare, ["fetch", "--quiet", str(bundle), EVERY])
        branches = _branches(bare)
        _git(bare, ["push", "--", remote, EVERY])
    screen.say(f"{len(branches)} branches are at {remote}")


def _fetched(workspace: str, as_: str, top: Path) -> Path:
    asked = ("workspaces", workspace, "repository")
    path = top / "bundle"
    path.write_bytes(here.client(as_).call("GET", asked, {}, patience=PATIENCE))
    return path


def _branches(where: Path) -> list[str]:
    said = _git(where, ["for-each-ref", "--format=%(refname:short)", "refs/heads"])
    return said.split()


def _git(where: Path | None, words: Sequence[str]) -> str:
    """What it says. It may ask on the terminal, and reads your own settings."""
    place = ["-C", str(where)] if where else []
    kept = {k: v for k, v in os.environ.items() if k not in ("GIT_DIR", "GIT_WORK_TREE")}
    try:
        ended = subprocess.run(
            ["git", *_QUIET, *place, *words],
            env=kept,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as cause:
        raise Failure("there is no git program here; install git") from cause
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-6:] or [f"exit code {ended.returncode}"]
        raise Failure(f"git {words[0]} failed:\n" + "\n".join(last))
    return ended.stdout

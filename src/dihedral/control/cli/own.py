"""`dihedral settings`, `version`, `simulator`: what needs no server."""

import json
import sys
from typing import Annotated

import typer

from dihedral import __version__
from dihedral.control.cli import here


def settings(
    markdown: Annotated[bool, typer.Option(help="Print docs/settings.md.")] = False,
    as_json: here.AsJson = False,
) -> None:
    """The settings that hold now, and the variables that set them. Secrets are ***."""
    from dihedral.control import manual
    from dihedral.control.cli import screen

    if markdown:
        sys.stdout.write(manual.document())
        return
    found = list(manual.listed(here.settings()))
    if as_json:
        return screen.raw(json.dumps({name: value for name, value, _ in found}).encode())
    screen.pairs((name, value) for name, value, _ in found)


def version() -> None:
    """The version of this program."""
    typer.echo(f"dihedral {__version__}")


def simulator(context: typer.Context) -> None:
    """The simulator's own commands; `dihedral simulator --help` lists them."""
    import subprocess

    command = [sys.executable, "-m", "dihedral.simulator", *context.args]
    raise SystemExit(subprocess.run(command, check=False).returncode)

"""`dihedral up` and `dihedral worker`."""

from typing import Annotated

import typer

from dihedral.control.cli import here


def up(
    host: Annotated[str | None, typer.Option(help="Of this machine only.")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes any that is free.")] = None,
    worker: Annotated[bool, typer.Option(help="Work on runs, too.")] = True,
) -> None:
    """Start the server, and a worker in it. Ctrl-C ends both."""
    from dihedral.control.cli import serving

    serving.up(here.settings(host=host, port=port), worker)


def work() -> None:
    """Work on runs, on this machine or any that reaches the database. Ctrl-C ends it."""
    from dihedral.control.cli import serving

    serving.work(here.settings())

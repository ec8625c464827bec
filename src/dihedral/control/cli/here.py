"""What every command begins with: the settings, the server, who asks."""

import getpass
import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client
    from dihedral.control.settings import Settings
    from dihedral.domain.actor import Actor

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own answer.")]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who asks; else you.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Such as run-k3v9…")]
Workspace = Annotated[str, typer.Argument(metavar="WORKSPACE", help="Its name or id.")]
Comment = Annotated[str, typer.Option("--comment", "-m", help="Why; it is kept with the run.")]


def group(help: str) -> typer.Typer:
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def settings(**over: object) -> "Settings":
    """What the environment says; what is given here wins. Raises Invalid."""
    from dihedral.control.settings import from_env

    return from_env(os.environ, **over)


def client(name: str = "") -> "Client":
    """To the server that DIHEDRAL_URL names; to the one of the data directory, as its owner unless
    somebody logged in to it; to the one of the last login. Raises Fault or Failure where there is
    none to talk to."""
    from dihedral.control import credentials, discovery
    from dihedral.control.cli.client import Client

    found = settings()
    given = found.token.reveal() if found.token else ""
    if found.url:
        return Client(credentials.known(found.data, found.url, given), name, found.ca)
    own = credentials.default(found.data)
    try:
        local = discovery.find(found.data)
    except discovery.NotRunning:
        if own is None:
            raise
        return Client(own, "", found.ca)
    if own and own.url == local.url and not name and not found.actor:
        return Client(own, "", found.ca)
    return Client(local, name or (local.solo and (found.actor or user())) or "", found.ca)


def person(name: str = "") -> "Actor":
    """Who does what a command does by itself, without a server: whoever has its key and its
    database may do everything."""
    from dihedral.domain.actor import HOME, Actor
    from dihedral.domain.person import person_id
    from dihedral.domain.right import Grant, Place, Role

    rights = ((Grant(Role.ADMINISTRATOR, Place(HOME)),),)
    return Actor(person_id(name or settings().actor or user()), rights=rights)


def user() -> str:
    """The name of whoever runs this process, as the server takes it."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = ""
    return re.sub(r"[^A-Za-z0-9._@+-]+", "-", name).strip("-._@+")[:64] or "local"

"""`dihedral organization …` and `dihedral project …`."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson

organizations = here.group("Organizations: each with its own people and workspaces.")
projects = here.group("Projects: workspaces that belong together.")
Name = Annotated[str, typer.Argument(metavar="NAME")]


@organizations.command("list", epilog="Example: dihedral organization list")
def page(as_: As = "", as_json: AsJson = False) -> None:
    """Organizations that you belong to, by name."""
    _listed(here.client(as_).get("organizations"), "organization", as_json)


@organizations.command(
    "create", epilog="Example: dihedral organization create acme --administrator ada"
)
def create(
    name: Name,
    administrator: Annotated[str, typer.Option(help="Who is to run it; else you.")] = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Make an organization, with a first project."""
    from dihedral.control.cli import screen

    body = {"name": name, "administrator": administrator}
    text = here.client(as_).post("organizations", body=body)
    if as_json:
        return screen.raw(text)
    screen.say(f"organization {name} is made: {json.loads(text)['id']}")


@projects.command("list", epilog="Example: dihedral project list")
def listed(as_: As = "", as_json: AsJson = False) -> None:
    """Projects of your organization, by name."""
    _listed(here.client(as_).get("projects"), "project", as_json)


@projects.command("create", epilog="Example: dihedral project create web --description 'the shop'")
def add(
    name: Name,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Make a project."""
    from dihedral.control.cli import screen

    body = {"name": name, "description": description}
    text = here.client(as_).post("projects", body=body)
    if as_json:
        return screen.raw(text)
    screen.say(f"project {name} is made: {json.loads(text)['id']}")


def _listed(text: bytes, what: str, as_json: bool) -> None:
    from dihedral.control.cli import screen

    if as_json:
        return screen.raw(text)
    rows = [
        (one["id"], one["name"], one.get("description", "")) for one in json.loads(text)["items"]
    ]
    screen.table((what, "name", ""), rows)

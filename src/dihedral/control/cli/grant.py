"""`dihedral grant …`: who was given which role where."""

import json
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson

app = here.group("Grants: who was given which role, and where.")
Holder = Annotated[str, typer.Argument(metavar="PERSON")]
Project = Annotated[str, typer.Option(help="In this project.")]
In = Annotated[str, typer.Option("--workspace", "-w", help="In this workspace.")]


@app.command("list", epilog="Example: dihedral grant list --workspace orders")
def page(
    person: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    project: Project = "",
    workspace: In = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Grants of the organization, or of a part of it."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    text = client.get("grants", holder=person, project=project, workspace=workspace)
    if as_json:
        return screen.raw(text)
    show(json.loads(text)["items"])


@app.command("set", epilog="Example: dihedral grant set bo approver --workspace orders")
def put(
    person: Holder,
    role: Annotated[
        str,
        typer.Argument(
            metavar="ROLE", help="viewer, proposer, approver, operator or administrator"
        ),
    ],
    project: Project = "",
    workspace: In = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Give somebody a role, in place of the one that he was given there before."""
    from dihedral.control.cli import screen

    body = {"holder": person, "role": role, "project": project, "workspace": workspace}
    text = here.client(as_).put("grants", body=body)
    if as_json:
        return screen.raw(text)
    screen.say(f"{person} is {role} in {workspace or project or 'the whole organization'}")


@app.command("remove", epilog="Example: dihedral grant remove bo --workspace orders")
def remove(person: Holder, project: Project = "", workspace: In = "", as_: As = "") -> None:
    """Take the role that somebody was given in a place. What comes of a group goes with that."""
    from dihedral.control.cli import screen

    here.client(as_).delete("grants", holder=person, project=project, workspace=workspace)
    screen.say(f"{person} has no role of his own in {workspace or project or 'the organization'}")


def show(items: list[Any]) -> None:
    from dihedral.control.cli import screen

    rows = [
        (one["holder"], one["role"], one["workspace"] or one["project"] or "everywhere",
         one["source"], one["given_by"], screen.when(one["given_at"]))
        for one in items
    ]  # fmt: skip
    screen.table(("person", "role", "in", "from", "given by", "when"), rows)

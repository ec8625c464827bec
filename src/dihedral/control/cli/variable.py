"""`dihedral workspace variable …`: with what a workspace is planned."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson, Workspace

app = here.group("A workspace's variables.")
Category = Annotated[bool, typer.Option("--env", help="Of the environment, not of Terraform.")]


@app.command("list", epilog="Example: dihedral workspace variable list orders")
def variables(workspace: Workspace, as_json: AsJson = False) -> None:
    """Variables; a sensitive one has no value here."""
    from dihedral.control.cli import screen

    text = here.client().get("workspaces", workspace, "variables")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)["items"]
    if not found:
        return screen.say(f"no variables; `dihedral workspace variable set {workspace} KEY VALUE`")
    rows = [
        (v["key"], v["category"], "(sensitive)" if v["sensitive"] else v["value"]) for v in found
    ]
    screen.table(("variable", "category", "value"), rows)


@app.command(
    "set", epilog="Example: dihedral workspace variable set orders size large   (VALUE - is stdin)"
)
def set_variable(  # noqa: PLR0913 (an option each)
    workspace: Workspace,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="- reads it from stdin.")],
    env: Category = False,
    hcl: Annotated[bool, typer.Option(help="It is an expression.")] = False,
    sensitive: Annotated[bool, typer.Option(help="Never shown again.")] = False,
    description: Annotated[str, typer.Option()] = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Set a variable, new or not."""
    import sys

    from dihedral.control.cli import screen

    text = here.client(as_).put(
        "workspaces",
        workspace,
        "variables",
        "env" if env else "terraform",
        key,
        body={
            "value": sys.stdin.read().removesuffix("\n") if value == "-" else value,
            "hcl": hcl,
            "sensitive": sensitive,
            "description": description,
        },
    )
    return screen.raw(text) if as_json else screen.say(f"{key} is set")


@app.command("unset", epilog="Example: dihedral workspace variable unset orders size")
def unset(
    workspace: Workspace,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    env: Category = False,
    as_: As = "",
) -> None:
    """Forget a variable."""
    from dihedral.control.cli import screen

    here.client(as_).delete(
        "workspaces", workspace, "variables", "env" if env else "terraform", key
    )
    screen.say(f"{key} is unset")

"""`dihedral workspace terms`: on which terms a workspace takes changes."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import As, AsJson, Workspace


def terms(
    workspace: Workspace,
    set_: Annotated[
        str, typer.Option("--set", metavar="FILE", help="Set them from a YAML file; - is stdin.")
    ] = "",
    own: Annotated[
        bool, typer.Option("--own", help="Only what the workspace itself says.")
    ] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """The terms that hold in a workspace, as YAML: its own over the server's over the default."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    if set_:
        text = client.put("workspaces", workspace, "terms", body={"text": _text(set_)})
    else:
        text = client.get("workspaces", workspace, "terms")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not set_:
        return screen.raw((found["text"] if own else found["effective"]).encode())
    for one in found["moved"]:
        how = {True: "looser: ", False: "stricter: ", None: ""}[one["looser"]]
        screen.say(f"  {how}{one['path']} was {_short(one['before'])}, is {_short(one['after'])}")
    moved = len(found["moved"])
    screen.say(f"the terms of {workspace} are set; {moved or 'no'} term{'s' * (moved != 1)} moved")


def _text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise Failure(f"{name} cannot be read: {cause}; the terms are as they were") from cause


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"

"""`dihedral state …` and `dihedral output`: what exists."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson, Workspace, Yes

app = here.group("State versions: what Terraform believes, and believed.")
Version = Annotated[str, typer.Argument(metavar="STATE_VERSION", help="Such as sv-k3v9…")]


@app.command("list", epilog="Example: dihedral state list orders")
def page(
    workspace: Workspace,
    before: Annotated[str | None, typer.Option(metavar="STATE_VERSION")] = None,
    as_json: AsJson = False,
) -> None:
    """State versions of a workspace, newest first."""
    from dihedral.control.cli import screen

    text = here.client().get("workspaces", workspace, "state-versions", before=before)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        return screen.say(f"no state yet: nothing was applied in {workspace}")
    rows = [
        (v["id"], v["serial"], v["resources"], screen.when(v["created_at"]), v["run"], v["note"])
        for v in found["items"]
    ]
    screen.table(("state version", "serial", "resources", "made", "run", "note"), rows)
    if found["next"]:
        screen.say(f"older ones: dihedral state list {workspace} --before {found['next']}")


@app.command("show", epilog="Example: dihedral state show sv-k3v9mq2x")
def show(version: Version, as_json: AsJson = False) -> None:
    """A state version: its serial, lineage, run."""
    from dihedral.control.cli import screen

    text = here.client().get("state-versions", version)
    if as_json:
        return screen.raw(text)
    screen.pairs([(k.replace("_", " "), v) for k, v in json.loads(text).items()])


@app.command("diff", epilog="Example: dihedral state diff sv-k3v9mq2x")
def diff(version: Version, as_json: AsJson = False) -> None:
    """How a state version differs from the one before it: names, no values."""
    from dihedral.control.cli import screen

    text = here.client().get("state-versions", version, "differences")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    rows = [("+", address, "") for address in found["created"]]
    rows += [("-", address, "") for address in found["destroyed"]]
    rows += [("~", address, ", ".join(names)) for address, names in found["changed"].items()]
    rows += [("~", f"output {name}", "") for name in found["outputs"]]
    if not rows:
        return screen.say("nothing differs but its serial")
    screen.table(("", "what", "attributes"), rows)


@app.command(
    "download", epilog="Example: dihedral state download sv-k3v9mq2x --out terraform.tfstate"
)
def download(
    version: Version,
    out: Annotated[Path | None, typer.Option(help="A file; else stdout.")] = None,
) -> None:
    """Terraform's own state file, secrets and all."""
    import os

    from dihedral.control.cli import screen

    text = here.client().get("state-versions", version, "download")
    if out is None:
        return screen.raw(text)
    with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
    screen.note(f"{out}: {len(text):,} bytes, readable by you alone")


@app.command("rollback", epilog="Example: dihedral state rollback orders sv-k3v9mq2x")
def rollback(
    workspace: Workspace, version: Version, yes: Yes = False, as_: As = "", as_json: AsJson = False
) -> None:
    """Make an older state the current one. It changes what Terraform believes, not what exists."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    if not yes:
        screen.confirm(f"Make {version} the state of {workspace}? Nothing in the world changes.")
    text = client.post("workspaces", workspace, "rollback", body={"state_version": version})
    if as_json:
        return screen.raw(text)
    made = json.loads(text)
    screen.say(f"{made['id']} is the state now, serial {made['serial']}")
    screen.say(f"What would change now: dihedral workspace refresh {workspace}")


def output(
    workspace: Workspace,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    as_json: AsJson = False,
) -> None:
    """Outputs of a workspace, a line each; of one output, its value alone and whole."""
    from dihedral.control.cli import report, screen
    from dihedral.control.cli.failure import Failure

    text = here.client().get("workspaces", workspace, "outputs")
    if as_json and name is None:
        return screen.raw(text)
    found = json.loads(text)["outputs"]
    if name is None:
        if not found:
            return screen.say(f"{workspace} has no outputs")
        return report.outputs(found)
    if name not in found:
        raise Failure(f"{workspace} has no output {name!r}; it has {', '.join(found) or 'none'}")
    value = found[name]
    screen.say(value if isinstance(value, str) and not as_json else json.dumps(value))

"""`dihedral workspace …`: make, set, hold and empty workspaces."""

import json
import shlex
from typing import Annotated, Any

import typer

from dihedral.control.cli import here, variable
from dihedral.control.cli.here import As, AsJson, Comment, Workspace, Yes

app = here.group("Workspaces: each has a state, variables and runs of its own.")
app.add_typer(variable.app, name="variable")

Tool = Annotated[str | None, typer.Option(help="terraform or tofu.")]
Version = Annotated[str | None, typer.Option("--tool-version", help="Such as 1.11.4.")]
Where = Annotated[str | None, typer.Option("--directory", help="Inside the configuration.")]
About = Annotated[str | None, typer.Option("--description")]
Owner = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who answers for it: a person, or team:NAME.")
]
Simulated = Annotated[
    bool | None, typer.Option("--simulated/--real", help="Against the simulator, or a cloud.")
]
Auto = Annotated[
    bool | None, typer.Option("--auto-apply/--ask", help="Apply what every gate allows.")
]
Limit = Annotated[float | None, typer.Option("--apply-limit", help="Seconds of one apply.")]


@app.command("list", epilog="Example: dihedral workspace list --owner team:payments")
def page(
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of one.")] = None,
    after: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Workspaces, by name."""
    from dihedral.control.cli import screen

    text = here.client().get("workspaces", owner=owner, after=after, size=size)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        of = f" of {owner}" if owner else ""
        return screen.say(f"no workspaces{of}; `dihedral workspace create NAME` makes one")
    rows = [
        (w["name"], w["id"], w["owner"] or "nobody", _tool(w), _lock(w), w["description"])
        for w in found["items"]
    ]
    heads = ("workspace", "id", "owner", "tool", "lock", "description")
    screen.table(heads, rows, last="cut")
    if found["next"]:
        of = f" --owner {shlex.quote(owner)}" if owner else ""
        screen.say(f"more: dihedral workspace list{of} --after {found['next']}")


@app.command("show", epilog="Example: dihedral workspace show orders")
def show(workspace: Workspace, as_json: AsJson = False) -> None:
    """A workspace: its settings, its state, what it holds."""
    from dihedral.control.cli import screen

    client = here.client()
    text = client.get("workspaces", workspace)
    if as_json:
        return screen.raw(text)
    _show(json.loads(text))
    for address in json.loads(client.get("workspaces", workspace, "resources"))["addresses"]:
        screen.say(f"    {address}")


@app.command("create", epilog="Example: dihedral workspace create orders --description 'web shop'")
def create(  # noqa: PLR0913 (an option each)
    name: Annotated[str, typer.Argument(metavar="NAME")],
    tool: Tool = None,
    tool_version: Version = None,
    directory: Where = None,
    description: About = None,
    owner: Owner = None,
    simulated: Simulated = None,
    auto_apply: Auto = None,
    apply_limit: Limit = None,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Make a workspace; its owner is you, where nobody is named."""
    from dihedral.control.cli import screen

    asked = _given(
        name=name,
        tool=tool,
        tool_version=tool_version,
        working_directory=directory,
        description=description,
        owner=owner,
        simulated=simulated,
        auto_apply=auto_apply,
        apply_limit=apply_limit,
    )
    text = here.client(as_).post("workspaces", body=asked)
    return screen.raw(text) if as_json else screen.say(f"workspace {name} is there")


@app.command("set", epilog="Example: dihedral workspace set orders --tool tofu --apply-limit 600")
def change(  # noqa: PLR0913 (an option each)
    workspace: Workspace,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    tool: Tool = None,
    tool_version: Version = None,
    directory: Where = None,
    description: About = None,
    owner: Owner = None,
    simulated: Simulated = None,
    auto_apply: Auto = None,
    apply_limit: Limit = None,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Change settings; what is not named stays."""
    from dihedral.control.cli import screen

    asked = _given(
        name=name,
        tool=tool,
        tool_version=tool_version,
        working_directory=directory,
        description=description,
        owner=owner,
        simulated=simulated,
        auto_apply=auto_apply,
        apply_limit=apply_limit,
    )
    text = here.client(as_).patch("workspaces", workspace, body=asked)
    return screen.raw(text) if as_json else screen.say(f"workspace {workspace} is changed")


@app.command("delete", epilog="Example: dihedral workspace delete orders")
def delete(
    workspace: Workspace,
    force: Annotated[bool, typer.Option(help="Forget resources that it still holds.")] = False,
    yes: Yes = False,
    as_: As = "",
) -> None:
    """Forget a workspace that holds nothing."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    if force and not yes:
        screen.confirm(f"Forget {workspace} and all that it holds? It stays in the cloud.")
    client.delete("workspaces", workspace, force=force)
    screen.say(f"workspace {workspace} is gone")


@app.command("lock", epilog="Example: dihedral workspace lock orders -m 'moving the database'")
def lock(workspace: Workspace, reason: Comment = "", as_: As = "", as_json: AsJson = False) -> None:
    """Hold it: nothing is applied in it until somebody unlocks it."""
    from dihedral.control.cli import screen

    text = here.client(as_).post("workspaces", workspace, "lock", body={"reason": reason})
    return screen.raw(text) if as_json else screen.say(f"workspace {workspace} is locked")


@app.command("unlock", epilog="Example: dihedral workspace unlock orders")
def unlock(workspace: Workspace, as_: As = "", as_json: AsJson = False) -> None:
    """Let go of it, whoever held it."""
    from dihedral.control.cli import screen

    text = here.client(as_).post("workspaces", workspace, "unlock")
    return screen.raw(text) if as_json else screen.say(f"workspace {workspace} is unlocked")


@app.command("destroy", epilog="Example: dihedral workspace destroy orders -m 'shop is closed'")
def destroy(
    workspace: Workspace,
    comment: Comment = "",
    yes: Yes = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Plan to destroy all that it holds, and do so when a person says yes."""
    from dihedral.control.cli import proposing

    client = here.client(as_)
    text = client.post("workspaces", workspace, "destroy", body={"comment": comment})
    proposing.carry(client, json.loads(text), proposing.Ways(yes=yes, as_json=as_json))


@app.command("refresh", epilog="Example: dihedral workspace refresh orders")
def refresh(
    workspace: Workspace,
    comment: Comment = "",
    yes: Yes = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Read the world into the state; nothing in the world changes."""
    from dihedral.control.cli import proposing

    client = here.client(as_)
    text = client.post("workspaces", workspace, "refresh", body={"comment": comment})
    proposing.carry(client, json.loads(text), proposing.Ways(yes=yes, as_json=as_json))


def _given(**asked: Any) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _tool(workspace: dict[str, Any]) -> str:
    return f"{workspace['tool']} {workspace['tool_version']}".strip()


def _lock(workspace: dict[str, Any]) -> str:
    return workspace["lock"]["by"] if workspace["lock"] else ""


def _readings(found: dict[str, list[str]]) -> str:
    every = {name: outputs == ["*"] for name, outputs in found.items()}
    said = (f"{n} ({'every output' if every[n] else ', '.join(found[n])})" for n in found)
    return ", ".join(said) or "none"


def _show(estate: dict[str, Any]) -> None:
    from dihedral.control.cli import screen

    found, version = estate["workspace"], estate["state_version"]
    held = found["lock"]
    rows = [
        ("workspace", f"{found['name']}  ({found['id']})"),
        ("description", found["description"]),
        ("owner", found["owner"] or "nobody"),
        ("tool", _tool(found)),
        ("directory", found["working_directory"] or "."),
        ("runs against", "the simulator" if found["simulated"] else "the cloud"),
        ("what is allowed", "is applied" if found["auto_apply"] else "waits for a person"),
        ("apply limit", f"{found['apply_limit']:g} s"),
        ("lock", f"{held['kind']}: {held['by']}, {held['reason']}" if held else "none"),
        ("state", f"{version['id']}, serial {version['serial']}" if version else "none yet"),
        ("reads from", _readings(estate["reads"])),
        ("read by", _readings(estate["read_by"])),
        ("resources", str(estate["resources"])),
    ]
    screen.pairs(rows)

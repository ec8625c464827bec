"""`dihedral policy set`, `list`, `show`, `remove`: the server's policy sets."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import As, AsJson, Yes

Name = Annotated[str, typer.Argument(metavar="NAME")]
Directory = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="A directory of Rego; or say --git.")
]
Git = Annotated[str, typer.Option("--git", metavar="URL", help="https://, ssh:// or file://")]
Ref = Annotated[str, typer.Option("--ref", help="A branch, a tag or a commit.")]
Within = Annotated[str, typer.Option("--path", help="The set's place in the repository.")]
Everywhere = Annotated[bool, typer.Option("--global", help="It holds in every workspace.")]
Project = Annotated[str, typer.Option("--project", help="It holds in this project's.")]
In = Annotated[str, typer.Option("--workspace", "-w", help="It holds in this one.")]


def put(  # noqa: PLR0913  a flag each
    name: Name,
    directory: Directory = None,
    git: Git = "",
    ref: Ref = "HEAD",
    path: Within = "",
    everywhere: Everywhere = False,
    project: Project = "",
    workspace: In = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Give the server a policy set, or a new version of one. With none of --global, --project and
    --workspace it holds where a workspace's terms name it."""
    from dihedral.control.cli import screen

    if bool(directory) == bool(git):
        raise Failure("say a directory or --git", USAGE)
    place = _place(everywhere, project, workspace)
    client = here.client(as_)
    if directory:
        query = {**place, "source": str(directory.resolve())}
        text = client.send(("policy-sets", name), query, ("application/zstd", _packed(directory)))
    else:
        body = {**place, "url": git, "ref": ref, "directory": path}
        text = client.post("policy-sets", name, "git", body=body)
    if as_json:
        return screen.raw(text)
    made = json.loads(text)
    screen.say(f"{made['name']} is version {made['version'][:12]}; it {_holds(made)}")


def move(
    name: Name,
    everywhere: Everywhere = False,
    project: Project = "",
    workspace: In = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Let a policy set hold elsewhere, with the files that it has. With none of --global, --project
    and --workspace it holds where a workspace's terms name it."""
    from dihedral.control.cli import screen

    place = _place(everywhere, project, workspace)
    text = here.client(as_).put("policy-sets", name, "place", body=place)
    return screen.raw(text) if as_json else screen.say(f"{name} {_holds(json.loads(text))}")


def page(as_json: AsJson = False) -> None:
    """Policy sets, by name, with those that come with the program."""
    from dihedral.control.cli import screen

    text = here.client().get("policy-sets")
    if as_json:
        return screen.raw(text)
    rows = [
        (one["name"], one["version"][:12], one["level"], _holds(one), one["description"])
        for one in json.loads(text)["items"]
    ]
    screen.table(("policy set", "version", "level", "holds", "what"), rows)


def show(
    name: Name,
    file: Annotated[str, typer.Option(metavar="PATH", help="One of its files, as it is.")] = "",
    as_json: AsJson = False,
) -> None:
    """A policy set: where it holds, where it comes from, its versions and files, whom it judged."""
    import sys

    from dihedral.control.cli import screen, talking

    client = here.client()
    if file:
        found = json.loads(client.get("policy-sets", name, "files"))["files"]
        if file not in found:
            raise Failure(f"{name} has no {file}; `dihedral policy show {name}` names its files")
        if sys.stdout.isatty():
            return screen.say(talking.printable(found[file]))
        return screen.raw(found[file].encode())
    text = client.get("policy-sets", name)
    if as_json:
        return screen.raw(text)
    whole = json.loads(text)
    found = whole["policy_set"]
    keys = ("name", "description", "version", "level", "source", "revision", "set_by", "set_at")
    screen.pairs([(key.replace("_", " "), found[key]) for key in keys] + [("it", _holds(found))])
    screen.gap()
    if whole["broken"]:
        screen.say(f"it cannot be used, and so denies: {whole['broken']}")
    if whole["versions"]:
        rows = [
            (v["version"][:12], screen.when(v["set_at"]), v["set_by"], v["revision"][:12],
             v["source"])
            for v in whole["versions"]
        ]  # fmt: skip
        screen.table(("version", "set", "by", "commit", "from"), rows)
        screen.gap()
    for path in whole["files"]:
        screen.say(path)
    if whole["judged"]:
        screen.gap()
        _judged(whole["judged"])


def _judged(found: list[dict[str, Any]]) -> None:
    from dihedral.control.cli import screen

    keys = ("run", "workspace", "ruling", "version", "overridden", "reason")
    rows = [[j[key] for key in keys] for j in found]
    for row in rows:
        row[3:5] = row[3][:12], ", ".join(row[4])
    screen.table(("judged", "workspace", "all sets", "version", "yes of", "why"), rows, last="cut")


def remove(name: Name, yes: Yes = False, as_: As = "") -> None:
    """Remove a policy set with all its versions. Verdicts keep the digests."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    if not yes:
        screen.confirm(f"Remove policy set {name}? It holds nowhere from then on.")
    client.delete("policy-sets", name)
    screen.say(f"{name} is removed")


def _place(everywhere: bool, project: str, workspace: str) -> dict[str, str]:
    scopes = {"global": everywhere, "project": bool(project), "workspace": bool(workspace)}
    chosen = [name for name, said in scopes.items() if said]
    if len(chosen) > 1:
        raise Failure("say one of --global, --project, --workspace, or none", USAGE)
    scope = chosen[0] if chosen else "named"
    return {"scope": scope, "project": project, "workspace": workspace}


def _packed(directory: Path) -> bytes:
    from dihedral.kit import archive
    from dihedral.ops.work import policy

    return archive.press(policy.gathered(directory))


def _holds(one: Any) -> str:
    if one["scope"] == "global":
        return "holds in every workspace"
    if one["scope"] == "project":
        return f"holds in the workspaces of {one['project']}"
    if one["scope"] == "workspace":
        return f"holds in {one['workspace']}"
    return "holds where terms name it"

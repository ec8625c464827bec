"""`dihedral person …`: who there is, who is let in and who is kept out."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson, Yes

app = here.group("People: who there is, who is let in and who is kept out.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's id, such as ada.")]


@app.command("list", epilog="Example: dihedral person list")
def page(
    after: Annotated[str | None, typer.Option(help="Only after this one.")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """People of the organization, by id."""
    from dihedral.control.cli import screen

    text = here.client(as_).get("people", after=after, size=size)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    rows = [
        (one["id"], one["email"], "kept out" if one["disabled_at"] else "", one["name"])
        for one in found["items"]
    ]
    screen.table(("person", "e-mail", "", "name"), rows)
    if found["next"]:
        screen.say(f"more: dihedral person list --after {found['next']}")


@app.command("show", epilog="Example: dihedral person show bo")
def show(name: Name, as_: As = "", as_json: AsJson = False) -> None:
    """A person, and what he was given."""
    from dihedral.control.cli import grant, screen

    text = here.client(as_).get("people", name)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    one = found["person"]
    keys = ("id", "name", "email", "created_at", "disabled_at")
    screen.pairs([(key.replace("_", " "), one[key]) for key in keys])
    screen.gap()
    grant.show(found["grants"])


@app.command("add", epilog="Example: dihedral person add bo --name 'Bo B.' --role approver")
def add(
    name: Name,
    full: Annotated[str, typer.Option("--name", help="As people call him.")] = "",
    email: Annotated[str, typer.Option(help="An address.")] = "",
    role: Annotated[str, typer.Option(help="In the whole organization, at first.")] = "viewer",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Make a person known. `dihedral person invite` lets that person set a password."""
    from dihedral.control.cli import screen

    body = {"id": name, "name": full, "email": email, "role": role}
    text = here.client(as_).post("people", body=body)
    if as_json:
        return screen.raw(text)
    screen.say(f"{name} is known here, as {role}; now: dihedral person invite {name}")


@app.command("invite", epilog="Example: dihedral person invite bo")
def invite(name: Name, as_: As = "", as_json: AsJson = False) -> None:
    """A link by which a person sets a password, once, within a day; also after it was lost."""
    _link(here.client(as_).post("people", name, "invitation"), name, as_json)


@app.command("setup-link", epilog="Example: dihedral person setup-link")
def set_up(as_json: AsJson = False) -> None:
    """A new link for the first administrator, as long as nobody has an account."""
    _link(here.client().post("setup"), "the first administrator", as_json)


@app.command("disable", epilog="Example: dihedral person disable bo --yes")
def disable(name: Name, yes: Yes = False, as_: As = "", as_json: AsJson = False) -> None:
    """Keep a person out: sessions and tokens end at once."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    if not yes:
        screen.confirm(f"Keep {name} out? All sessions and tokens end now, and for ever.")
    text = client.post("people", name, "disable")
    if as_json:
        return screen.raw(text)
    screen.say(f"{name} is kept out")
    if json.loads(client.get("workspaces", owner=name, size=1))["items"]:
        screen.note(
            f"who answers for the workspaces of {name}? `dihedral workspace list --owner {name}`"
        )


@app.command("enable", epilog="Example: dihedral person enable bo")
def enable(name: Name, as_: As = "", as_json: AsJson = False) -> None:
    """Let a person in again, with the roles that he had."""
    from dihedral.control.cli import screen

    text = here.client(as_).post("people", name, "enable")
    if as_json:
        return screen.raw(text)
    screen.say(f"{name} may come in again")


def _link(text: bytes, whose: str, as_json: bool) -> None:
    from dihedral.control.cli import screen

    if as_json:
        return screen.raw(text)
    made = json.loads(text)
    screen.note(f"for {whose}, once, {screen.until(made['expires_at'])} at the latest:")
    screen.say(made["url"])

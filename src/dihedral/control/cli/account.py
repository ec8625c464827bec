"""`dihedral login`, `logout`, `whoami`, `token …` and `session …`: one's own way in."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import As, AsJson

if TYPE_CHECKING:
    from dihedral.control.settings import Settings

tokens = here.group("API tokens: how programs act as you, with less than all that you may.")
sessions = here.group("Browsers that somebody logged in with.")
Url = Annotated[str, typer.Option("--url", help="The server; else DIHEDRAL_URL, or your own.")]
Token = Annotated[
    str, typer.Option("--token", metavar="TOKEN", help="Keep this one; - reads it from stdin.")
]
Who = Annotated[str, typer.Option("--person", help="Somebody else's, for administrators.")]
RIGHTS = "viewer, proposer, approver, operator or administrator"


def login(url: Url = "", token: Token = "") -> None:
    """Log in to a server: in the browser, which then lets this command in, or with a token."""
    from dihedral.control import credentials
    from dihedral.control.cli import screen
    from dihedral.control.cli.client import Client
    from dihedral.control.discovery import Server

    found = here.settings()
    place = _server(found, url)
    secret = _given(token) if token else _asked(place, found.ca)
    account = json.loads(Client(Server(place, secret), "", found.ca).get("account"))
    if not account["token"]:
        raise Failure("this is no API token; make one with `dihedral token create`", USAGE)
    path = credentials.keep(found.data, Server(place, secret))
    screen.say(f"logged in to {place} as {account['id']}; the token is in {path}")


def logout(url: Url = "") -> None:
    """Revoke the token that `dihedral login` keeps for a server, and forget it."""
    from dihedral.control import credentials
    from dihedral.control.cli import screen
    from dihedral.control.cli.client import Client

    found = here.settings()
    place = url or found.url
    known = credentials.known(found.data, place) if place else credentials.default(found.data)
    if known is None or not known.token:
        raise Failure(f"nobody is logged in{f' to {place}' if place else ''}")
    try:
        client = Client(known, "", found.ca)
        client.delete("tokens", json.loads(client.get("account"))["token"])
    except Failure as failure:
        screen.note(f"the token could not be revoked: {failure}")
    credentials.drop(found.data, known.url)
    screen.say(f"logged out of {known.url}")


def whoami(as_: As = "", as_json: AsJson = False) -> None:
    """Who you are to the server, and what you may where."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    text = client.get("account")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    how = "a token" if found["token"] else "the data directory"
    screen.pairs(
        [
            ("you are", found["id"]),
            ("by", f"{how}, at {client.url}"),
            ("in", found["organization"]),
            *(("may", _rights(given)) for given in found["rights"]),
        ]
    )


@tokens.command("list", epilog="Example: dihedral token list")
def page(person: Who = "", as_: As = "", as_json: AsJson = False) -> None:
    """API tokens, newest first."""
    from dihedral.control.cli import screen

    text = here.client(as_).get("tokens", person=person or None)
    if as_json:
        return screen.raw(text)
    rows = [
        (one["id"], one["role"], one["workspace"] or "", _ends(one),
         screen.when(one["last_used_at"]) if one["last_used_at"] else "never", one["name"])
        for one in json.loads(text)["items"]
    ]  # fmt: skip
    screen.table(("token", "role", "workspace", "ends", "used", "name"), rows)


@tokens.command("create", epilog="Example: dihedral token create CI --role proposer --days 30")
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[str, typer.Option(help=f"At most: {RIGHTS}.")] = "administrator",
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Nowhere but here.")] = "",
    days: Annotated[int, typer.Option(help="Until it expires; a year at most.")] = 90,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Make an API token of your own. It is printed this once: on stdout, alone."""
    from dihedral.control.cli import screen

    body = {"name": name, "role": role, "workspace": workspace, "days": days}
    text = here.client(as_).post("tokens", body=body)
    if as_json:
        return screen.raw(text)
    made = json.loads(text)
    screen.note(f"{made['token']['id']}: {made['token']['role']}, until {_day(made['token'])}")
    screen.say(made["secret"])


@tokens.command("revoke", epilog="Example: dihedral token revoke at-k3v9mq2x")
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id.")], as_: As = ""
) -> None:
    """Revoke an API token, at once and for ever."""
    from dihedral.control.cli import screen

    here.client(as_).delete("tokens", token)
    screen.say(f"{token} is revoked")


@sessions.command("list", epilog="Example: dihedral session list --person bo")
def listed(person: Who = "", as_: As = "", as_json: AsJson = False) -> None:
    """Sessions that live, newest first."""
    from dihedral.control.cli import screen

    text = here.client(as_).get("sessions", person=person or None)
    if as_json:
        return screen.raw(text)
    rows = [
        (one["id"], one["person"], screen.when(one["created_at"]), screen.when(one["seen_at"]),
         one["address"], one["how"], one["agent"])
        for one in json.loads(text)["items"]
    ]  # fmt: skip
    screen.table(("session", "of", "began", "seen", "from", "by", "browser"), rows, last="cut")


@sessions.command("revoke", epilog="Example: dihedral session revoke ses-k3v9mq2x")
def end(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="Its id.")], as_: As = ""
) -> None:
    """End a session, at once."""
    from dihedral.control.cli import screen

    here.client(as_).delete("sessions", session)
    screen.say(f"{session} is ended")


def _server(found: "Settings", url: str) -> str:
    from dihedral.control import credentials, discovery

    if url or found.url:
        return (url or found.url).rstrip("/")
    try:
        return discovery.find(found.data).url
    except discovery.NotRunning:
        last = credentials.read(found.data).last
        if not last:
            raise Failure("say which server: `dihedral login --url URL`", USAGE) from None
        return last


def _given(token: str) -> str:
    text = sys.stdin.readline() if token == "-" else token  # noqa: S105
    if not text.strip():
        raise Failure("there is no token on stdin", USAGE)
    return text.strip()


def _asked(url: str, ca: Path | None) -> str:
    """By the browser."""
    import webbrowser

    from dihedral.control.cli import screen
    from dihedral.control.cli.client import Client
    from dihedral.control.cli.loopback import Waiting
    from dihedral.control.discovery import Server
    from dihedral.kit import mint
    from dihedral.ops.rules.proofkey import challenge

    verifier = mint.secret()
    with Waiting() as waiting:
        page = waiting.page(url, challenge(verifier))
        screen.note("your browser opens this page; say yes there, and this command goes on:")
        screen.note(f"  {page}")
        screen.note("on a machine without one: `dihedral login --token -` takes a token")
        webbrowser.open(page)
        code = waiting.answer()
    body = {"code": code, "verifier": verifier}
    text = Client(Server(url), "", ca).post("login", "token", body=body)
    secret: str = json.loads(text)["secret"]
    return secret


def _rights(given: Any) -> str:
    if not given:
        return "nothing: an administrator gives you a role"
    return "; ".join(
        f"{one['role']} in {one['workspace'] or one['project'] or one['organization']}"
        for one in given
    )


def _ends(one: Any) -> str:
    return "revoked" if one["revoked_at"] else _day(one)


def _day(one: Any) -> str:
    return str(one["expires_at"])[:10]

"""`dihedral agent …`: who they are, what they may, and the switch that stops them."""

import json
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import As, AsJson

app = here.group("Agents: each has an owner, limits and rights of its own.")

Agent = Annotated[str, typer.Argument(metavar="AGENT", help="Its name.")]
OrAll = Annotated[str, typer.Argument(metavar="AGENT", help="Its name, or `all`.")]
Owner = Annotated[str | None, typer.Option(help="The person who answers for it.")]
Purpose = Annotated[str | None, typer.Option(help="What it is for.")]
Tool = Annotated[
    list[str] | None, typer.Option("--tool", help="One that it may call; again for more.")
]
Role = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE[@PLACE]",
        help="viewer or proposer, in workspace NAME or project:NAME; again for more.",
    ),
]
Money = Annotated[
    str | None, typer.Option(metavar="AMOUNT", help="What its models may cost a month, or `any`.")
]
Delta = Annotated[
    str | None, typer.Option(metavar="AMOUNT", help="What its runs may add a month, or `any`.")
]
Blast = Annotated[str | None, typer.Option(help="contained, limited, wide or critical at most.")]
Calls = Annotated[str | None, typer.Option(help="Of models in one turn, or `any`.")]
Seconds = Annotated[str | None, typer.Option(help="One turn, or `any`.")]
Why = Annotated[str, typer.Option("--why", "-m", help="It is kept, and shown to who asks.")]


@app.command("list", epilog="Example: dihedral agent list")
def page(
    after: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    size: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Agents, by name."""
    from dihedral.control.cli import screen

    text = here.client().get("agents", after=after, size=size)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        return screen.say("no agents; `dihedral agent apply -f FILE` makes one")
    rows = [
        (
            a["name"],
            _version(a),
            a["model"] or "",
            a["owner"] or "nobody yet",
            _state(a),
            a["purpose"],
        )
        for a in found["items"]
    ]
    heads = ("agent", "version", "model", "owner", "state", "purpose")
    screen.table(heads, rows, last="cut")
    if found["next"]:
        screen.say(f"more: dihedral agent list --after {found['next']}")


@app.command("show", epilog="Example: dihedral agent show drafter")
def show(
    agent: Agent,
    version: Annotated[int, typer.Option(min=0, help="One of its file, in place of all.")] = 0,
    file: Annotated[bool, typer.Option("--file", help="Its file, printed again.")] = False,
    as_json: AsJson = False,
) -> None:
    """An agent: its limits, what it was given, and what runs of it."""
    from dihedral.control.cli import agentfile, screen

    client = here.client()
    if version:
        return agentfile.show(client, agent, version, file, as_json)
    text = client.get("agents", agent)
    if file:
        now = json.loads(text)["agent"]["version"]
        if now is None:
            raise Failure(f"{agent} has no file; `dihedral agent apply -f FILE` gives it one")
        return agentfile.show(client, agent, now, file, as_json)
    return screen.raw(text) if as_json else _show(json.loads(text))


@app.command("create", epilog="Example: dihedral agent create drafter --role proposer@orders")
def create(  # noqa: PLR0913 (an option each)
    name: Annotated[str, typer.Argument(metavar="NAME")],
    owner: Owner = None,
    purpose: Purpose = None,
    tool: Tool = None,
    role: Role = None,
    money: Money = None,
    delta: Delta = None,
    blast: Blast = None,
    calls: Calls = None,
    seconds: Seconds = None,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Make an agent; its owner is you, where nobody is named."""
    from dihedral.control.cli import screen

    limits = _limits(money=money, delta=delta, blast=blast, calls=calls, seconds=seconds)
    asked = _given(owner=owner, purpose=purpose, tools=tool, grants=_grants(role), limits=limits)
    text = here.client(as_).post("agents", body={"name": name, **asked})
    return screen.raw(text) if as_json else _show(json.loads(text))


@app.command("set", epilog="Example: dihedral agent set drafter --delta 200 --blast wide")
def change(  # noqa: PLR0913 (an option each)
    agent: Agent,
    owner: Owner = None,
    purpose: Purpose = None,
    tool: Tool = None,
    role: Role = None,
    money: Money = None,
    delta: Delta = None,
    blast: Blast = None,
    calls: Calls = None,
    seconds: Seconds = None,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Change an agent; what is not named stays. Roles and tools take the place of those it has."""
    from dihedral.control.cli import screen

    limits = _limits(money=money, delta=delta, blast=blast, calls=calls, seconds=seconds)
    asked = _given(owner=owner, purpose=purpose, tools=tool, grants=_grants(role), limits=limits)
    text = here.client(as_).patch("agents", agent, body=asked)
    return screen.raw(text) if as_json else _show(json.loads(text))


@app.command("suspend", epilog="Example: dihedral agent suspend all -m 'they delete things'")
def suspend(agent: OrAll, why: Why = "", as_: As = "") -> None:
    """Stop an agent, or all, at once: tokens die, turns stop, runs are held."""
    from dihedral.control.cli import screen

    client = here.client(as_)
    ended = json.loads(client.post("agents", agent, "suspend", body={"why": why}))["ended"]
    screen.say(f"{_who(agent)} suspended; {_count(ended, 'instance')} ended")


@app.command("resume", epilog="Example: dihedral agent resume drafter")
def resume(agent: OrAll, as_: As = "") -> None:
    """Let an agent, or all, go on; what was stopped is started anew by whoever wants it."""
    from dihedral.control.cli import screen

    runs = json.loads(here.client(as_).post("agents", agent, "resume"))["runs"]
    screen.say(f"{_who(agent)} resumed; {_count(runs, 'run')} held until now")


@app.command("token", epilog="Example: dihedral agent token drafter")
def token(
    agent: Agent,
    instance: Annotated[str, typer.Option(help="A new one for an instance that runs.")] = "",
    via: Annotated[str, typer.Option(help="The instance that hands it the work.")] = "",
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Start an agent that works for you: prints its token, which lives ten minutes."""
    from dihedral.control.cli import screen

    body = {"instance": instance, "via": via}
    text = here.client(as_).post("agents", agent, "tokens", body=body)
    if as_json:
        return screen.raw(text)
    made = json.loads(text)
    screen.note(f"{made['instance']} of {agent}; it ends in {made['expires_in']} s, unless renewed")
    screen.raw(made["access_token"].encode())


@app.command("end", epilog="Example: dihedral agent end drafter ai-k3v9mq2x")
def end(
    agent: Agent, instance: Annotated[str, typer.Argument(metavar="INSTANCE")], as_: As = ""
) -> None:
    """End an instance: its tokens die."""
    from dihedral.control.cli import screen

    here.client(as_).delete("agents", agent, "instances", instance)
    screen.say(f"{instance} is over")


def _show(whole: Any) -> None:
    from dihedral.control.cli import screen

    found, limits = whole["agent"], whole["agent"]["limits"]
    screen.pairs(
        [
            ("agent", found["name"]),
            ("owner", found["owner"] or "nobody yet: it ships, and never worked"),
            ("version", _version(found)),
            ("model", found["model"]),
            ("purpose", found["purpose"]),
            ("state", found["halted"] or "may act"),
            ("may", _roles(whole["grants"])),
            ("tools", ", ".join(found["tools"]) or "none"),
            ("models", f"{_money(limits['money'])} a month"),
            ("infrastructure", f"{_money(limits['delta'])} more a month"),
            ("blast radius", f"{limits['blast']} at most"),
            ("a turn", f"{_any(limits['calls'])} calls, {_any(limits['seconds'])} seconds"),
        ]
    )
    for one in whole["running"]:
        screen.say(f"{one['id']} works for {one['on_behalf_of']}, {screen.when(one['started_at'])}")


def _limits(**said: str | None) -> dict[str, Any] | None:
    """`any` is no limit."""
    found: dict[str, Any] = {}
    for name, value in said.items():
        if value is None:
            continue
        if value == "any" and name != "blast":
            found[name] = None
        elif name in ("money", "delta"):
            found[name] = {"amount": value}
        else:
            found[name] = value if name == "blast" else _number(name, value)
    return found or None


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise Failure(f"--{name} is a whole number, or `any`", USAGE)
    return int(value)


def _grants(roles: list[str] | None) -> list[dict[str, str]] | None:
    return None if roles is None else [_grant(*role.partition("@")) for role in roles]


def _grant(role: str, _: str, place: str) -> dict[str, str]:
    kind, said, name = place.partition(":")
    if said and kind != "project":
        raise Failure(f"{place!r} is no place: say a workspace's name, or project:NAME", USAGE)
    return {"role": role, "project" if said else "workspace": name if said else place}


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _roles(grants: Any) -> str:
    if grants is None:
        return "what administrators see"
    return ", ".join(map(_role, grants)) or "nothing: it has no role"


def _role(grant: Any) -> str:
    place = grant["workspace"] or grant["project"]
    return f"{grant['role']} in {place}" if place else f"{grant['role']} everywhere"


def _version(agent: Any) -> str:
    """Of its file; agents have none that were made without."""
    if agent["version"] is None:
        return ""
    return f"{agent['version']} shipped" if agent["shipped"] else str(agent["version"])


def _state(agent: Any) -> str:
    return "suspended" if agent["halted"] else "may act"


def _money(money: Any) -> str:
    return f"{money['amount']} {money['currency']}" if money else "any amount"


def _any(limit: int | None) -> str:
    return "any" if limit is None else str(limit)


def _who(agent: str) -> str:
    return "all agents are" if agent == "all" else f"{agent} is"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"

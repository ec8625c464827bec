"""`dihedral ask "…"`: a request in words, carried to its end."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import chat, here, talking
from dihedral.control.cli.failure import USAGE, Failure

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client
from dihedral.control.cli.here import As, AsJson, Yes
from dihedral.control.cli.proposing import Into, Ways, carry, ensure

NUMBERS = ("days", "number", "amount")
Set = Annotated[
    list[str], typer.Option("--set", metavar="NAME=VALUE", help="A value that it needs.")
]


def ask(  # noqa: PLR0913 (an option each)
    text: Annotated[str, typer.Argument(metavar="WORDS", help="What you need, in any language.")],
    workspace: Into = None,
    values: Set = [],  # noqa: B006 (Typer copies it)
    blueprint: Annotated[
        str | None, typer.Option(metavar="NAME", help="What is meant, if it is not sure.")
    ] = None,
    plan_only: Annotated[bool, typer.Option(help="Apply nothing.")] = False,
    yes: Yes = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Say what you need; read what it would change; say yes."""
    client = here.client(as_)
    if workspace:
        ensure(client, workspace)
    asked = {"text": text, "workspace": workspace, "plan_only": plan_only}
    request = json.loads(client.post("requests", body={**asked, "values": pairs(values)}))
    if request["route"] == "unsure" and not blueprint and _served(client):
        name = talking.begun(client, text, workspace=workspace, plan_only=plan_only)["id"]
        return chat.converse(client, name, Ways(yes=yes, as_json=as_json))
    if request["route"] == "unsure" and (meant := blueprint or _meant(request, as_json)):
        request = _answer(client, request, {"blueprint": meant, "values": pairs(values)}, plan_only)
    if request["blueprint"]:
        _route(request)
    if request["route"] == "incomplete" and _interactive(as_json):
        said = {slot["name"]: _said(slot) for slot in request["missing"]}
        request = _answer(client, request, {"values": said}, plan_only)
    if request["run"] is None:
        _stuck(request, as_json)
    carry(client, json.loads(client.get("runs", request["run"])), Ways(yes=yes, as_json=as_json))
    return None


def _served(client: "Client") -> bool:
    """Whether there is a model to read what the reflex is not sure of."""
    return bool(json.loads(client.get("models"))["items"])


def pairs(given: list[str]) -> dict[str, Any]:
    """`size=large` and such as values. Raises Failure."""
    found = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise Failure(f"{pair!r} is no NAME=VALUE; write --set size=large", status=USAGE)
        found[name] = value_of(value)
    return found


def value_of(text: str) -> str | int | bool:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.lstrip("-").isdigit() else text


def _answer(client: "Client", request: Any, body: dict[str, Any], plan_only: bool) -> Any:
    text = client.post("requests", request["id"], "answers", body={**body, "plan_only": plan_only})
    return json.loads(text)


def _interactive(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and sys.stderr.isatty()


def _route(request: Any) -> None:
    from dihedral.control.cli import screen

    sure = f", {request['confidence']:.0%} sure" if request["confidence"] else ""
    screen.note(f"blueprint {request['blueprint']}{sure}")
    for name, value in request["values"].items():
        screen.note(f"  {name} = {value}")


def _meant(request: Any, as_json: bool) -> str | None:
    """The blueprint that the person picks from the nearest three, if there is one to ask."""
    from dihedral.control.cli import screen

    if not _interactive(as_json):
        return None
    screen.note("not sure what is meant. The nearest are:")
    for number, near in enumerate(request["nearest"], 1):
        screen.note(f"  {number}  {near['blueprint']}")
    picked = screen.answer(f"Which one? [1-{len(request['nearest'])}, or nothing]")
    numbers = {str(i): n["blueprint"] for i, n in enumerate(request["nearest"], 1)}
    return numbers.get(picked)


def _said(slot: Any) -> str | int | bool:
    from dihedral.control.cli import screen

    choices = f" [{'/'.join(slot['choices'])}]" if slot["choices"] else ""
    text = ""
    while not text:
        text = screen.answer(f"{slot['question']}{choices}")
    return value_of(text) if slot["kind"] in NUMBERS else text


def _stuck(request: Any, as_json: bool) -> None:
    """Ends where there is nobody to ask, saying what to add. Raises Failure."""
    from dihedral.control.cli import screen

    if as_json:
        screen.raw(json.dumps(request, ensure_ascii=False).encode())
    if request["route"] == "unsure":
        names = ", ".join(near["blueprint"] for near in request["nearest"])
        raise Failure(
            f"not sure what is meant; the nearest are {names}.\n"
            "Say it in other words, or name one: --blueprint NAME\n"
            "(`dihedral blueprint show NAME` says what each makes)",
            status=USAGE,
        )
    flags = "\n".join(
        f"  --set {s['name']}={'|'.join(s['choices']) or s['kind'].upper()}    {s['question']}"
        for s in request["missing"]
    )
    raise Failure(f"blueprint {request['blueprint']} needs to know more:\n{flags}", status=USAGE)

"""`dihedral spend`: what was spent, of thinking and of building."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.budget import amount
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import AsJson

_UNITS = {"h": "hours", "d": "days"}


def spend(
    by: Annotated[
        str,
        typer.Option(
            help="agent, person, team, model, endpoint, conversation, day, month, or all."
        ),
    ] = "all",
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="A day such as 2026-11-01, or 24h or 7d ago.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="WHEN", help="Before that, as above.")] = "",
    as_json: AsJson = False,
) -> None:
    """What models cost, and what changes add a month; what has no price is counted apart."""
    from dihedral.control.cli import screen

    asked = {"by": by, "since": _instant(since), "until": _instant(until)}
    text = here.client().get("spend", **asked)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if not found["items"]:
        return screen.say("nothing was spent, and nothing is held")
    screen.table((by, "for", "spent", "held", "no price", "tokens"), map(_row, found["items"]))
    if lost := sum(one["lost"] for one in found["items"]):
        screen.say(f"{lost} call{'s' * (lost != 1)} ended unseen and count at their worst")
    if found["cut"]:
        screen.say("there are more; narrow it with --since and --until")


def _row(one: Any) -> tuple[str, ...]:
    built = one["purpose"] == "building"
    a_month = "/month" if built else ""
    tokens = one["tokens"]
    return (
        one["name"] or "-",
        one["purpose"],
        amount(one["spent"], one["currency"]) + a_month,
        amount(one["held"], one["currency"]) + a_month,
        f"{one['unknown']} of {one['entries']}" if one["unknown"] else "-",
        "-" if built else f"{tokens['input']:,} in, {tokens['output']:,} out",
    )


def _instant(text: str) -> str | None:
    """As the API takes it. Raises Failure."""
    if not text:
        return None
    try:
        if text[-1] in _UNITS:
            gone = timedelta(**{_UNITS[text[-1]]: float(text[:-1])})
            return (datetime.now(UTC) - gone).isoformat()
        then = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Failure(f"{text!r} is no day such as 2026-11-01, and no 24h or 7d", USAGE) from None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).isoformat()

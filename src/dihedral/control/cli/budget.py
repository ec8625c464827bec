"""`dihedral budget …`: what thinking and building may cost, and who changes that."""

import json
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import As, AsJson

app = here.group("Budgets: what thinking and building may cost.")
Budget = Annotated[str, typer.Argument(metavar="BUDGET", help="Its id, or SCOPE or SCOPE:SUBJECT.")]
NONE = "none"


@app.command("list", epilog="Example: dihedral budget list")
def page(as_json: AsJson = False) -> None:
    """All budgets that hold: those that are set, the defaults, and agents' own limits."""
    from dihedral.control.cli import screen

    text = here.client().get("budgets")
    if as_json:
        return screen.raw(text)
    rows = [(one["id"], one["says"], _used(one), one["kind"]) for one in json.loads(text)["items"]]
    screen.table(("budget", "what", "most used", "from"), rows)


@app.command("show", epilog="Example: dihedral budget show organization")
def show(budget: Budget, as_json: AsJson = False) -> None:
    """A budget, and what counts on it in this period."""
    from dihedral.control.cli import screen

    text = here.client().get("budgets", budget)
    return screen.raw(text) if as_json else _show(json.loads(text))


@app.command("set", epilog="Example: dihedral budget set person:ada --money 20 --period day")
def put(  # noqa: PLR0913 (an option each)
    budget: Annotated[
        str,
        typer.Argument(
            metavar="BUDGET",
            help="An id, or a scope (call, conversation, agent, person, team, organization), or"
            " SCOPE:SUBJECT for one of them alone.",
        ),
    ],
    money: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="The most in money, or `none`.")
    ] = None,
    tokens: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The most in tokens, or `none`.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of the money, such as EUR.")] = None,
    period: Annotated[str | None, typer.Option(help="ever, day or month (of UTC).")] = None,
    building: Annotated[
        bool, typer.Option("--building", help="What changes add a month, not what models cost.")
    ] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Set or lift a budget; what is not named stays. It counts at the next call.

    What is paused stays so: `dihedral conversation resume` lets it go on.
    """
    from dihedral.control.cli import screen

    caps = _caps(money, tokens, currency)
    client = here.client(as_)
    if budget.startswith(("bdg-", "limit:")):
        if period or building:
            raise Failure("an id says the period and the purpose already", status=USAGE)
        text = client.patch("budgets", budget, body=caps)
    else:
        scope, _, subject = budget.partition(":")
        purpose = "building" if building else "thinking"
        slot = {"scope": scope, "subject": subject, "period": period, "purpose": purpose}
        text = client.put("budgets", body={**slot, **caps})
    if as_json:
        return screen.raw(text)
    _show(json.loads(text))
    screen.say("what was paused goes on with `dihedral conversation resume CONVERSATION`")


@app.command("remove", epilog="Example: dihedral budget remove person:ada")
def remove(budget: Budget, as_: As = "") -> None:
    """Remove a budget that was set; where there is a default, that holds again."""
    from dihedral.control.cli import screen

    here.client(as_).delete("budgets", budget)
    screen.say(f"budget {budget} is removed")


def amount(number: str, unit: str) -> str:
    """As people read it: to the cent, or finer where that would show nothing."""
    value = Decimal(number)
    if unit == "tokens":
        return f"{value:,.0f} tokens"
    small = value and abs(value) < Decimal("0.1")
    return f"{value:,.4f} {unit}" if small else f"{value:,.2f} {unit}"


def _caps(money: str | None, tokens: str | None, currency: str | None) -> dict[str, Any]:
    caps: dict[str, Any] = {}
    try:
        if money is not None:
            caps["money"] = None if money == NONE else str(Decimal(money))
        if tokens is not None:
            caps["tokens"] = None if tokens == NONE else int(tokens.replace(",", ""))
    except (InvalidOperation, ValueError):
        raise Failure(
            "an amount is a number such as 2.50, or `none` for no cap", status=USAGE
        ) from None
    if currency is not None:
        caps["currency"] = currency.upper()
    if not caps:
        raise Failure("say what it may be: --money AMOUNT or --tokens NUMBER", status=USAGE)
    return caps


def _used(one: Any) -> str:
    units = [unit for unit, cap in _units(one) if cap is not None] or [one["currency"]]
    most = [next((x for x in one["lines"] if x["unit"] == unit), None) for unit in units]
    return ", ".join(amount(_sum(x), x["unit"]) for x in most if x) or "-"


def _show(one: Any) -> None:
    from dihedral.control.cli import screen

    screen.pairs(
        [
            ("budget", one["id"]),
            ("what", one["says"]),
            ("from", f"set by {one['set_by']}" if one["kind"] == "set" else one["kind"]),
        ]
    )
    caps = dict(_units(one))
    rows = [
        (x["subject"] or one["scope"], amount(x["spent"], x["unit"]), amount(x["held"], x["unit"]),
         _left(caps.get(x["unit"]), x))
        for x in one["lines"]
    ]  # fmt: skip
    if rows:
        screen.gap()
        screen.table(("whose", "spent", "held", "left"), rows)


def _units(one: Any) -> list[tuple[str, Any]]:
    return [(one["currency"], one["money"]), ("tokens", one["tokens"])]


def _sum(line: Any) -> str:
    return str(Decimal(line["held"]) + Decimal(line["spent"]))


def _left(cap: Any, line: Any) -> str:
    return "-" if cap is None else amount(str(Decimal(cap) - Decimal(_sum(line))), line["unit"])

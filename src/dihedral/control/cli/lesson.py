"""`dihedral reflex show|teach`: the server's own reflex."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson


def show(as_json: AsJson = False) -> None:
    """The server's reflex: its gates, and how it does on what it had not seen."""
    from dihedral.control.cli import screen

    text = here.client().get("reflex")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    screen.pairs(
        [
            ("version", found["version"][:16]),
            ("blueprints", len(found["labels"])),
            ("lessons", found["lessons"]),
            ("aims at", f"{found['precision']:.1%} of answers right"),
            ("reaches", f"{found['checked_precision']:.1%}"),
            ("answers", f"{found['checked_coverage']:.1%} of requests"),
            ("margin gate", _gate(found["margin_gate"])),
            ("score gate", _gate(found["score_gate"])),
        ]
    )


def teach(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="Such as req-k3v9…")],
    label: Annotated[str, typer.Argument(metavar="BLUEPRINT", help="What was meant; '' if none.")],
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Say which blueprint a request meant."""
    from dihedral.control.cli import screen

    body = {"request": request, "label": label}
    text = here.client(as_).post("reflex", "lessons", body=body)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    shares = f"precision {found['precision_before']:.2%} → {found['precision_after']:.2%}"
    if found["taken"]:
        screen.say(f"learned: {shares}")
    else:
        screen.say(f"kept, but not learned: it would cost precision ({shares})")


def _gate(value: float | None) -> str:
    return "shut: it is never sure" if value is None else f"{value:.3f}"

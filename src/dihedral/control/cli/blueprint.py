"""`dihedral blueprint …`: the golden paths that requests are sent to."""

import json
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import AsJson

app = here.group("Blueprints: reviewed modules, and how people ask for them.")


@app.command("list", epilog="Example: dihedral blueprint list")
def page(as_json: AsJson = False) -> None:
    """Blueprints, by name."""
    from dihedral.control.cli import screen

    text = here.client().get("blueprints")
    if as_json:
        return screen.raw(text)
    rows = [(b["name"], b["title"], b["owner"]) for b in json.loads(text)["items"]]
    screen.table(("blueprint", "title", "owner"), rows)


@app.command("show", epilog="Example: dihedral blueprint show bucket")
def show(name: Annotated[str, typer.Argument(metavar="NAME")], as_json: AsJson = False) -> None:
    """A blueprint: what it makes, what it asks, how people say it."""
    from dihedral.control.cli import screen

    text = here.client().get("blueprints", name)
    if as_json:
        return screen.raw(text)
    whole = json.loads(text)
    found = whole["blueprint"]
    screen.pairs(
        [
            ("blueprint", found["name"]),
            ("title", found["title"]),
            ("makes", found["summary"]),
            ("owner", found["owner"]),
            ("from", found["origin"]),
            ("in place of", found["replaces"]),
        ]
    )
    screen.gap()
    rows = [
        (
            s["name"],
            "required" if s["required"] else s["default"],
            "|".join(s["choices"]) or s["kind"],
            s["question"],
        )
        for s in found["slots"]
    ]
    screen.table(("value", "default", "kind", "asks"), rows)
    screen.gap()
    for language, texts in whole["phrasings"].items():
        screen.say(f"{language}  {texts[0]}")

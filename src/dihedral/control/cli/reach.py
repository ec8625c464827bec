"""A run's blast radius in the terminal: a tree of what is touched and who feels it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dihedral.control.cli import screen
from dihedral.control.cli.failure import Failure

Shape = Mapping[str, Any]
LEVELS = ("critical", "wide", "limited")
# fmt: off
SIGNS: Mapping[str, tuple[str, str]] = {
    "delete": ("-", "red"), "replace": ("-/+", "red"), "forget": (".", "dim"),
    "update": ("~", "yellow"), "create": ("+", "green"), "import": ("<-", "cyan"),
    "move": ("->", "cyan"), "tag": ("#", "dim"), "felt": ("o", "blue"),
}
# fmt: on


def tree(found: Shape) -> None:
    screen.indented(found["line"], 0, "bold")
    for level in LEVELS:
        if whys := found["reasons"].get(level):
            screen.indented(f"{level}, since: {'; '.join(whys)}", 2)
    screen.indented(f"reversible: {found['reversible']}", 2)
    for way in found["back"]:
        screen.indented(f"{way['where']}: {way['reversible']}, {way['why']}", 4, "dim")
    for output, readers in found["elsewhere"].items():
        screen.indented(f"output {output} is read by {', '.join(readers)}", 2)
    if found["nodes"]:
        screen.gap()
    for node in found["nodes"]:
        _node(node)
    if found["left"]:
        screen.say(f"  and {found['left']} more; --json has all that is listed")
    if any(node["mark"] == "felt" for node in found["nodes"]):
        screen.gap()
        screen.say("o would feel it: it reads, itself or through others, what changes")


def picture(text: bytes, name: str) -> None:
    if name == "-":
        return screen.raw(text)
    try:
        Path(name).write_bytes(text)
    except OSError as cause:
        raise Failure(f"the picture cannot be written to {name}: {cause}") from cause
    screen.say(f"the picture is in {name}")


def _node(node: Shape) -> None:
    sign, style = SIGNS[node["mark"]]
    many = f" ×{node['count']}" if node["count"] > 1 else ""
    said = ["loses data"] * node["loses"] + ["opens"] * node["opens"]
    warned = f"  ({', '.join(said)})" if said else ""
    screen.out().print(
        screen.words(
            ("  " + "  " * node["depth"], ""),
            (f"{sign:<3} ", style),
            (node["id"] + many, ""),
            (warned, "red"),
        )
    )

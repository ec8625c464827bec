"""`dihedral explain`: why a run asks, is allowed or denied."""

import json
from collections.abc import Mapping
from typing import Any

from dihedral.control.cli import here
from dihedral.control.cli.here import AsJson, Run

Shape = Mapping[str, Any]


def explain(run: Run, as_json: AsJson = False) -> None:
    """Why a run asks, is allowed or denied, gate by gate; what would change that; what is not
    known."""
    from dihedral.control.cli import screen

    text = here.client().get("runs", run, "explain")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    screen.indented(found["answer"], 0, "bold")
    if found["people"]:
        screen.indented(found["people"], 0)
    for gate in found["gates"]:
        _gate(gate)
    _listed("What would change that", found["changes"])
    _listed("What is not known", found["unknown"])


def _gate(gate: Shape) -> None:
    from dihedral.control.cli import screen

    screen.gap()
    style = screen.COLOURS.get(gate["ruling"], "")
    head = f"{gate['ruling']}{_people(gate)}"
    screen.out().print(screen.words((f"{gate['gate']}: ", "bold"), (head, style)))
    if not gate["points"]:
        screen.indented(gate["reason"], 2)
    for point in gate["points"]:
        term = f"  [{point['term']}: {point['ruling']}{_people(point)}]" if point["term"] else ""
        screen.indented(f"{point['says']}{term}", 2)
        more = point["count"] - len(point["whats"])
        whats = [*point["whats"], *([f"and {more} more"] if more else [])]
        for what in whats:
            screen.indented(what, 4, "dim")
        if point["now"]:
            screen.indented(f"the term says {point['now']} by now", 4)


def _people(said: Shape) -> str:
    return f", {said['approvers']} people" if said["approvers"] > 1 else ""


def _listed(head: str, lines: list[str]) -> None:
    from dihedral.control.cli import screen

    if lines:
        screen.gap()
        screen.out().print(screen.words((head, "bold")))
        for line in lines:
            screen.indented(f"- {line}", 2)

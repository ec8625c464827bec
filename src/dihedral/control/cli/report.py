"""A run as a person reads it: the three numbers first, then what the gates say, then what next."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dihedral.control.cli import screen
from dihedral.control.cli.following import WAITING

Shape = Mapping[str, Any]
STRICTEST = ("deny", "ask", "allow")
# fmt: off
NEXT: Mapping[str, tuple[str, ...]] = {
    "pending":        ("It waits for a worker: `dihedral run log -f {id}`",),
    "planning":       ("It is being planned: `dihedral run log -f {id}`",),
    "applying":       ("It is being applied: `dihedral run log -f {id}`",),
    "policy_checked": ("It waits for a person:",
                       "  read it  dihedral run plan {id}",
                       "  yes      dihedral run approve {id}",
                       "  no       dihedral run discard {id}"),
    "applied":        ("Its evidence: `dihedral run evidence {id}`",),
    "errored":        ("What it said: `dihedral run log {id}`",),
}
BARRED = ("It waits for a person, but not for you: {barred}",
          "  read it  dihedral run plan {id}",
          "  no       dihedral run discard {id}")
# fmt: on


def story(told: Shape) -> None:
    run = told["run"]
    head(run, told["verdicts"])
    numbers(run)
    verdicts(told["verdicts"])
    approvals(told)
    history(told["history"])
    following(run, told["barred"])


def head(run: Shape, verdicts: Sequence[Shape] = ()) -> None:
    """Who, what, where. The reason is left out where a verdict says it."""
    screen.out().print(
        screen.words(
            (run["id"], "bold"),
            ("  " + run["workspace"]["name"], ""),
            ("  " + status(run), screen.COLOURS.get(run["status"], "")),
        )
    )
    if run["message"]:
        screen.indented(run["message"], 2)
    kinds = [k for k in ("plan_only", "destroy", "refresh_only") if run[k]]
    said = [f"by {run['proposer']}", f"through {run['source']}", screen.when(run["created_at"])]
    if run["source"] == run["proposer"]:
        said.pop(1)  # an agent, by itself
    said += [f"for {run['on_behalf_of']}"] if run["on_behalf_of"] else []
    said += [f"again after {run['replans']}"] if run["replans"] else []
    said += [kind.replace("_", " ") for kind in kinds] + [run["tool"]]
    said += ["simulated"] if run["workspace"]["simulated"] else []
    screen.indented(" · ".join(s for s in said if s), 2, "dim")
    if run["reason"] and not any(v["reason"] in run["reason"] for v in verdicts):
        screen.indented(run["reason"], 2)


def status(run: Shape) -> str:
    """A run that nobody answered is not one that somebody declined."""
    return "expired" if run.get("ended") == "expired" else str(run["status"])


def numbers(run: Shape) -> None:
    """Speed, cost, risk: the same three everywhere."""
    found, none = run["numbers"], "not known" if run["over"] else "not known yet"
    lines = (("speed", _speed), ("cost", _cost), ("risk", _risk))
    screen.pairs((f"  {name}", read(found[name]) if found[name] else none) for name, read in lines)


def verdicts(found: Sequence[Shape]) -> None:
    """The strictest first, each with what it found and how to mend it."""
    if not found:
        return
    ordered = sorted(found, key=lambda v: (STRICTEST.index(v["ruling"]), v["gate"]))
    screen.gap()
    screen.table(
        ("  gate", "ruling", "reason"),
        [("  " + v["gate"], v["ruling"], v["reason"]) for v in ordered],
    )
    for verdict in ordered:
        if verdict["ruling"] != "allow" and verdict["findings"]:
            screen.gap()
            for finding in verdict["findings"]:
                where = f"{finding['where']}: " if finding["where"] else ""
                screen.indented(f"{where}{finding['message']}", 2)
                if finding["mend"]:
                    screen.indented(finding["mend"], 6, "dim")


HOW: Mapping[str, str] = {
    "self": " (own run)",
    "carried": " (carried from an earlier plan that would do the same)",
}


def approvals(told: Shape) -> None:
    """Who said yes, how, and what became of it; then who is still needed, and until when."""
    run, seats = told["run"], told["seats"]
    for approval in told["approvals"]:
        if approval["how"] == "policy":
            continue
        said = f": {approval['comment']}" if approval["comment"] else ""
        ended = (
            f" [{approval['ended_as']}: {approval['ended_why']}]" if approval["ended_as"] else ""
        )
        how = HOW.get(approval["how"], "")
        screen.indented(f"approved by {approval['approver']}{how}{said}{ended}", 2)
    if run["status"] != "policy_checked":
        return
    if seats["needed"] > 1:
        screen.say(f"  {seats['needed']} people must say yes; {seats['given']} did")
    if run["expires_at"]:
        screen.say(f"  it expires {screen.until(run['expires_at'])}")
    screen.say(f"  what a yes is to: {run['effect']}")


def history(facts: list[Shape]) -> None:
    screen.gap()
    for fact in facts:
        note = f"  {fact['note']}" if fact["note"] else ""
        line = f"  {fact['at'][11:19]}  {fact['fact'].replace('_', ' '):<10} {fact['actor']}{note}"
        screen.out().print(screen.words((line, "dim")))


def following(run: Shape, barred: str = "") -> None:
    """What a person can do now; `barred` is why this one cannot say yes, where that is so."""
    if lines := NEXT.get(run["status"]):
        screen.gap()
        for line in lines if not barred or run["status"] != WAITING else BARRED:
            screen.say(line.format(id=run["id"], barred=barred))


def plan(found: Shape) -> None:
    """The plan's own text, coloured by Terraform's signs."""
    console = screen.out()
    for line in found["text"].splitlines():
        sign = line.split(maxsplit=1)[0] if line.strip() else ""
        console.print(screen.words((line, screen.SIGNS.get(sign, ""))))
    if found["text"]:
        screen.gap()
    console.print(screen.words((f"  {found['summary']}", "bold")))


def outputs(found: Mapping[str, Any]) -> None:
    """A line each; what is longer is cut, and `dihedral output WORKSPACE NAME` has it whole."""
    room = max(20, screen.width() - max(map(len, found)) - 3)
    screen.pairs([(name, _cut(_line(value), room)) for name, value in found.items()])


def _line(value: Any) -> str:
    """JSON in a string loses its line ends; that is what policies come as."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if "\n" not in value:
        return value
    try:
        return json.dumps(json.loads(value), ensure_ascii=False)
    except ValueError:
        return " ".join(value.split())


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


# fmt: off
SAID: Mapping[str, str] = {
    "approve": "approved", "discard": "discarded", "cancel": "canceled",
    "withdraw": "waiting again: your yes is taken back",
    "send-back": "discarded; another change is asked for",
}
# fmt: on


def decided(told: Shape, verb: str) -> None:
    run = told["run"]
    said = SAID[verb]
    if verb == "approve" and run["status"] == "policy_checked":
        left = told["seats"]["needed"] - told["seats"]["given"]
        return screen.say(f"{run['id']}: your yes is kept; {left} more must say it")
    if verb == "cancel" and not run["over"]:
        return screen.say(f"{run['id']} is asked to stop; Terraform ends in order first")
    screen.say(f"{run['id']} is {said}")
    if verb == "approve":
        screen.say(f"It is applied next: dihedral run log -f {run['id']}")


def _speed(steps: Mapping[str, float]) -> str:
    parts = ", ".join(f"{name.replace('_', ' ')} {spent:.1f}" for name, spent in steps.items())
    return f"{sum(steps.values()):.1f} s ({parts})"


def _cost(cost: Any) -> str:
    """Money a month, and what has no price: that is said, never counted as nothing.

    A `~` is before prices that are not all verified; the date is that of the oldest price.
    """
    unpriced = len(cost.get("unpriced", ()))
    tail = f"; {unpriced} without a price" if unpriced else ""
    if cost.get("likely") is None:
        return f"not known{tail}"
    likely, low, high = (float(cost[name] or 0) for name in ("likely", "low", "high"))
    span = f" ({low:+,.2f} to {high:+,.2f})" if low != high else ""
    about = "" if cost.get("verified", True) else "~"
    dated = f"; prices of {cost['dated']} or later" if cost.get("dated") else ""
    after = f", {float(cost['after']):,.2f} in all" if cost.get("after") else ""
    old = " (old)" if cost.get("flagged") else ""
    return f"{about}{likely:+,.2f} {cost['currency']} a month{span}{after}{tail}{dated}{old}"


def _risk(risk: Any) -> str:
    """The level, then what is touched, lost, opened, and who feels it."""
    counts = risk.get("counts", {})
    new = counts.get("create", len(risk["does"].get("create", ())))
    said = [f"touches {risk['touched']} of {risk['known']} resources"]
    said += [f"{new} new"] if new else []
    said += [f"loses data of {', '.join(risk['lost'])}" if risk["lost"] else "no data lost"]
    said += ["not reversible"] if risk.get("reversible") == "no" else []
    said += [f"opens {', '.join(risk['opens'])}"] if risk["opens"] else []
    unknown = risk["does"].get("unknown")
    said += [f"{len(unknown)} not known until apply"] if unknown else []
    felt = counts.get("dependants", len(risk["dependants"]))
    said += [f"{felt} depend on it"] if felt else []
    return (f"{risk['level']}: " if "level" in risk else "") + ", ".join(said)

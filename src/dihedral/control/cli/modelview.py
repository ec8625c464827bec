"""What `dihedral model` prints of endpoints, prices and trials."""

from typing import Any

from dihedral.control.cli import screen


def row(one: Any) -> tuple[str, ...]:
    health = one["health"]
    first = _seconds(health["latency"]) if health else ""
    names = (one["model"], one["id"], one["wire"], one["upstream"])
    return (*names, money(one["price"]), first, _state(one))


def show(one: Any) -> None:
    price, health = one["price"], one["health"]
    screen.pairs(
        [
            ("model", one["model"]),
            ("endpoint", one["id"]),
            ("upstream", f"{one['upstream']}, over {one['wire']}"),
            ("at", one["url"] or "its own address"),
            ("hosting", f"{one['hosting']} {one['region']}".strip()),
            ("credential", "kept, sealed" if one["secret"] else "none"),
            ("price", f"{money(price)} per 1M tokens{_said(price)}"),
            ("context", f"{one['context']:,} tokens, {one['most']:,} of them an answer"),
            ("can", ", ".join(one["abilities"]) or "nothing that was proven"),
            ("takes", f"{one['data']} data at most"),
            ("at once", f"{one['concurrency']} calls, from each process"),
            ("hedge", _hedge(one["hedge"])),
            ("score", "not measured" if one["score"] is None else one["score"]),
            ("state", _state(one)),
            ("did", _did(health)),
        ]
    )


def tried(trial: Any) -> None:
    if trial["fault"]:
        return
    usage, money = trial["usage"], trial["money"]
    screen.pairs(
        [
            ("endpoint", f"{trial['endpoint']['id']} of model {trial['endpoint']['model']}"),
            ("said", trial["said"] or "nothing, in words"),
            ("by", trial["upstream"]),
            ("first token", _seconds(trial["first"])),
            ("whole", _seconds(trial["seconds"])),
            ("tokens", f"{usage['input']} in, {usage['output']} out"),
            ("cost", "not known" if money is None else f"{money} USD"),
            ("can", ", ".join(trial["proven"]) or "nothing that was tried"),
        ]
    )
    for one in trial["unproven"]:
        screen.say(f"not {one['ability']}: {one['why']}")
    if set(trial["proven"]) != set(trial["endpoint"]["abilities"]):
        known, can = trial["endpoint"]["id"], ",".join(trial["proven"])
        screen.note(f"to have it so: dihedral model set {known} --can '{can}'")


def _state(one: Any) -> str:
    if not one["enabled"]:
        return "off"
    health = one["health"]
    if health is None:
        return "not asked yet"
    return "ok" if health["breaker"] == "closed" else f"left alone: {health['failure']}"


def _hedge(said: str) -> str:
    if said == "off":
        return "off: no second endpoint is asked beside it"
    after = "as long as 95 of 100 of its calls" if said == "p95" else said
    return f"{said}: another endpoint is asked as well after {after} without a word"


def _did(health: Any) -> str:
    if health is None:
        return ""
    told = f"{health['answered']} answered, {health['failed']} failed"
    last = f"; last: {health['failure']}" if health["failure"] else ""
    return f"{told}, first token in {_seconds(health['latency']) or 'no time known'}{last}"


def money(price: Any) -> str:
    if price is None:
        return "unknown"
    if float(price["input"]) == float(price["output"]) == 0:
        return "free"
    return f"{price['input']}/{price['output']} {price['currency']}"


def _said(price: Any) -> str:
    return f", {age(price)}, {price['source']}" if price else ""


def age(price: Any) -> str:
    return f"{price['as_of']}{', old: check it' if price['old'] else ''}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"

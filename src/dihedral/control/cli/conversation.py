"""`dihedral conversation …`: what was said with agents, and what came of it."""

import json
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import As, AsJson

app = here.group("Conversations with agents: what was said, and what came of it.")
Key = Annotated[str, typer.Argument(metavar="CONVERSATION", help="Such as cv-k3v9…")]


@app.command("list", epilog="Example: dihedral conversation list")
def page(
    everybody: Annotated[bool, typer.Option("--all", help="Of everybody.")] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Your conversations, the last one first."""
    from dihedral.control.cli import screen

    text = here.client(as_).get("conversations", all=everybody)
    if as_json:
        return screen.raw(text)
    found = json.loads(text)["items"]
    if not found:
        return screen.say('no conversations; begin one with `dihedral chat` or `dihedral ask "…"`')
    heads = ("conversation", "with", "standing", "last", "about")
    rows = [
        (c["id"], c["agent"], c["standing"], screen.when(c["updated_at"]), c["title"])
        for c in found
    ]
    return screen.table(heads, rows, last="cut")


@app.command(epilog="Example: dihedral conversation show cv-k3v9mq2x")
def show(
    conversation: Key,
    work: Annotated[bool, typer.Option("--work", help="Also calls of models and tools.")] = False,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """What was said, and what its runs are now."""
    from dihedral.control.cli import screen, talking

    client = here.client(as_)
    text = client.get("conversations", conversation)
    if as_json:
        return screen.raw(text)
    talk = json.loads(text)
    found = talk["conversation"]
    screen.say(f"{found['id']}  {found['person']} with {found['agent']}  {found['standing']}")
    for message in talk["messages"]:
        _message(message, found, work=work)
    if work:
        for turn in talk["turns"]:
            _work(json.loads(client.get("conversations", conversation, "turns", turn["id"])))
    if talk["turns"]:
        talking.next_steps(talking.record(talk))
    return None


@app.command(epilog="Example: dihedral conversation evidence cv-k3v9mq2x > evidence.json")
def evidence(conversation: Key, as_: As = "") -> None:
    """The evidence of one at rest, as JSON. `evidence export` writes the signed bundle."""
    from dihedral.control.cli import screen

    screen.raw(here.client(as_).get("conversations", conversation, "evidence"))


@app.command(epilog="Example: dihedral conversation resume cv-k3v9mq2x")
def resume(conversation: Key, as_: As = "") -> None:
    """Let one that is paused go on, and hear it."""
    from dihedral.control.cli import talking

    client = here.client(as_)
    seen = talking.newest(json.loads(client.get("conversations", conversation)))
    client.post("conversations", conversation, "resume")
    talk = talking.listen(client, conversation, seen)
    talking.next_steps(talking.record(talk))
    talking.ended(talk)


@app.command(epilog="Example: dihedral conversation stop cv-k3v9mq2x")
def stop(conversation: Key, as_: As = "") -> None:
    """Stop one for good, with all that was handed on from it. Its runs go on."""
    from dihedral.control.cli import screen

    here.client(as_).post("conversations", conversation, "stop")
    screen.note(f"{conversation} is stopped; what it proposed is in `dihedral run list`")


def _message(message: Any, found: Any, *, work: bool) -> None:
    from dihedral.control.cli import screen, talking

    whose = {"person": found["person"], "agent": found["agent"], "tool": "tool"}[message["by"]]
    for part in message["parts"]:
        if part["kind"] == "text" and part["text"]:
            screen.gap()
            screen.say(f"{whose}:")
            screen.indented(talking.printable(part["text"]), 2)
        elif work and part["kind"] in ("call", "result"):
            sign = "→" if part["kind"] == "call" else "✗" if part["failed"] else "←"
            words = " ".join(talking.printable(part["text"]).split())
            screen.indented(f"{sign} {part['tool']} {words[:200]}", 4, "dim")


def _work(done: Any) -> None:
    from dihedral.control.cli import screen

    for want in done["wants"]:
        how = want["numbers"]
        what = want["tool"] or f"{how.get('endpoint', 'a model')} ({how.get('why', '')})"
        again = f", tried {want['tries']} times" if want["tries"] > 1 else ""
        screen.note(f"  {want['seq']:3}  {want['kind']}  {what}{again}")
    for below in done["handed"]:
        screen.note(f"  handed on to {below['agent']}: dihedral conversation show {below['id']}")

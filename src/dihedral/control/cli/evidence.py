"""`dihedral evidence …`: a signed bundle of a run or a conversation, checked without the server."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import As, AsJson

app = here.group("Evidence: the signed story of a run that is over, or of a conversation.")


@app.command("export", epilog="Example: dihedral evidence export run-k3v9mq2x --out run.dsse.json")
def export(
    what: Annotated[
        str, typer.Argument(metavar="RUN|CONVERSATION", help="Such as run-k3v9… or cv-k3v9…")
    ],
    out: Annotated[Path | None, typer.Option(help="A file, instead of the screen.")] = None,
    as_: As = "",
) -> None:
    """The bundle of a run or of a conversation, signed, as it is to be kept. `run evidence` and
    `conversation evidence` show what is in it."""
    from dihedral.control.cli import screen

    noun = "conversations" if what.startswith("cv-") else "runs"
    text = here.client(as_).get(noun, what, "evidence", signed=True)
    if out is None:
        return screen.raw(text)
    out.write_bytes(text)
    screen.note(f"{len(text):,} bytes in {out}; check it with: dihedral evidence verify {out}")


@app.command("key", epilog="Example: dihedral evidence key > evidence.key")
def key(as_json: AsJson = False) -> None:
    """What this server signs with, the public half: keep it where the bundles are checked."""
    from dihedral.control.cli import screen

    text = here.client().get("evidence-key")
    screen.raw(text if as_json else str(json.loads(text)["ed25519"]).encode())


@app.command("verify", epilog="Example: dihedral evidence verify run.dsse.json --key evidence.key")
def verify(
    file: Annotated[Path, typer.Argument(help="A bundle, as `evidence export` writes it.")],
    key: Annotated[
        str | None, typer.Option(help="The signer's key: a file of it, or its 64 hex digits.")
    ] = None,
    artefact: Annotated[
        list[Path] | None,
        typer.Option("--with", help="A file that the bundle names by its digest, e.g. a state."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Whether a bundle is as it was signed and does not contradict itself. Needs no server."""
    from dihedral.control.cli import screen
    from dihedral.kit import dsse
    from dihedral.ops.rules import proof

    envelope = _bytes(file)
    public = _key(key) if key else _own_key(file, envelope)
    try:
        opened = dsse.open_(envelope, public)
    except dsse.Forged as cause:
        raise Failure(f"{file} proves nothing: {cause}") from cause
    story = proof.read(opened.payload)
    found = [*proof.faults(story), *_strangers(story, artefact or [])]
    if found:
        raise Failure(f"{file} is signed by {opened.key}, and is wrong: {'; '.join(found)}")
    if as_json:
        return screen.raw(opened.payload)
    if proof.talked(story):
        _talked(story)
    else:
        _ran(story)
    screen.say(f"signed by {opened.key}, every byte as it was, and nothing contradicts itself")
    if not key:
        screen.note("the key is the bundle's own: compare it with your server's (`--key`)")
    return None


def _ran(story: Any) -> None:
    from dihedral.control.cli import screen

    run = story["run"]
    screen.say(
        f"{run['id']} in {story['workspace']['name']}: {run['status']}, by {run['proposer']}"
    )
    for approval in story["approvals"]:
        screen.say(f"  approved by {approval['approver']} ({approval['how']}) {approval['at']}")


def _talked(story: Any) -> None:
    from dihedral.control.cli import screen

    talk, cost = story["talks"][0], story["numbers"]["cost"]
    turns = [turn for one in story["talks"] for turn in one["turns"]]
    asked = sum(want["kind"] == "ask" for turn in turns for want in turn["wants"])
    used = sum(want["kind"] == "use" for turn in turns for want in turn["wants"])
    money = "cost unknown" if cost["money"] is None else f"{cost['money']} USD"
    screen.say(f"{talk['id']}: {talk['person']} with {talk['agent']}, {talk['standing']}")
    screen.say(f"  {len(turns)} turns, {asked} calls of models, {used} of tools, {money}")
    denied = sum(one["outcome"] == "denied" for one in story["audit"]["records"])
    screen.say(f"  {len(story['audit']['records'])} records of the audit log, {denied} refusals")
    for run in story["runs"]:
        led = "proposed" if run["turn"] in [turn["id"] for turn in turns] else "read"
        held = f"; its bundle is {run['evidence'][:16]}…" if run["evidence"] else ""
        screen.say(f"  {led} {run['id']} in {run['workspace']['name']}: {run['status']}{held}")


def _key(given: str) -> bytes:
    text = _bytes(Path(given)).decode(errors="replace") if Path(given).is_file() else given
    try:
        public = bytes.fromhex(text.strip())
    except ValueError:
        public = b""
    if len(public) != 32:
        raise Failure(f"{given!r} is no key: it has 64 hex digits, as `evidence key` prints them")
    return public


def _own_key(file: Path, envelope: bytes) -> bytes:
    """The key that the bundle itself names: proves that nothing was changed, not who signed."""
    import base64

    try:
        story: Any = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
        return bytes.fromhex(story["signer"]["ed25519"])
    except (ValueError, KeyError, TypeError) as cause:
        raise Failure(f"{file} proves nothing: it is not a bundle of evidence") from cause


def _strangers(story: Any, files: list[Path]) -> list[str]:
    from hashlib import sha256

    from dihedral.ops.rules import proof

    named = proof.digests(story)
    return [
        f"{path} is nothing that it names"
        for path in files
        if sha256(_bytes(path)).hexdigest() not in named
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise Failure(f"{path} cannot be read: {cause.strerror}") from cause

"""`dihedral evidence …`: one signed bundle for each run, checked without the server."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import AsJson, Run

app = here.group("Evidence: the signed story of a run that is over.")


@app.command("export", epilog="Example: dihedral evidence export run-k3v9mq2x --out run.dsse.json")
def export(
    run: Run,
    out: Annotated[Path | None, typer.Option(help="A file, instead of the screen.")] = None,
) -> None:
    """The run's bundle, signed, as it is to be kept. `run evidence` shows what is in it."""
    from dihedral.control.cli import screen

    text = here.client().get("runs", run, "evidence", signed=True)
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
    run = story["run"]
    screen.say(
        f"{run['id']} in {story['workspace']['name']}: {run['status']}, by {run['proposer']}"
    )
    for approval in story["approvals"]:
        screen.say(f"  approved by {approval['approver']} ({approval['how']}) {approval['at']}")
    screen.say(f"signed by {opened.key}, every byte as it was, and nothing contradicts itself")
    if not key:
        screen.note("the key is the bundle's own: compare it with your server's (`--key`)")


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

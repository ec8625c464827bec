"""`dihedral key …`: what seals everything that is secret, and how it is replaced.

`show` asks the server. `rotate` works on the database itself, beside any server, as `dihedral
worker` does: it needs the master key, which no request may carry.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import As, AsJson

if TYPE_CHECKING:
    from dihedral.control.settings import Settings
    from dihedral.ops.work.keys import Rotation

app = here.group("The keys that seal state, plans, logs and variables.")


@app.command("show", epilog="Example: dihedral key show")
def show(as_json: AsJson = False) -> None:
    """Every key: how old it is, whether it seals now, and how much is under it."""
    from dihedral.control.cli import screen

    text = here.client().get("keys")
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    rows = [
        (key["id"], key["kind"], screen.when(key["created_at"]), _state(key), _holds(key))
        for key in found["items"]
    ]
    screen.table(("key", "kind", "made", "now", "under it"), rows)
    screen.say(f"the server has master key {found['master']}")


@app.command("rotate", epilog="Example: dihedral key rotate")
def rotate(
    master: Annotated[
        bool, typer.Option("--master", help="Replace the master key, which seals the others.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(help="With --master: a file of the new one, made if it is not there."),
    ] = None,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Seal everything anew with a new key, and destroy the old one. Runs go on meanwhile; when it
    is interrupted, the same command goes on."""
    import asyncio

    from dihedral.control.cli import serving

    if to and not master:
        raise Failure("--to is where the new master key is: it goes with --master", status=2)
    settings = here.settings()
    with serving.spoken():
        if master:
            asyncio.run(_master(settings, to, as_))
        else:
            asyncio.run(_rotate(settings, as_, as_json))


async def _rotate(settings: "Settings", as_: str, as_json: bool) -> None:
    from dihedral.control import wire
    from dihedral.control.cli import screen
    from dihedral.ops.work import keys

    def told(at: "Rotation") -> None:
        screen.note(f"{at.moved} sealed anew with {at.seals}")

    async with wire.grounded(settings) as ops:
        done = await keys.rotate(ops, here.person(as_), told)
    if as_json:
        found = {"seals": done.seals, "moved": done.moved, "destroyed": done.ended}
        return screen.raw(json.dumps(found).encode())
    ended = ", ".join(done.ended) or "no key, since another process did it"
    screen.say(f"everything is sealed with key {done.seals}; destroyed: {ended}")


async def _master(settings: "Settings", to: Path | None, as_: str) -> None:
    from dihedral.control import wire
    from dihedral.control.cli import screen
    from dihedral.kit import key
    from dihedral.ops.work import keys

    if settings.key and to is None:
        raise Failure(
            "the master key is in DIHEDRAL_KEY, which nobody but you can change: name a file for"
            " the new one, `dihedral key rotate --master --to FILE`",
            status=2,
        )
    path = settings.key_path
    file = to or path.with_name(f"{path.name}.new")
    async with wire.grounded(settings) as ops:
        new = key.load(file)
        await keys.change_master(ops, here.person(as_), new)
    if settings.key:
        screen.say(
            f"the master key {new.id} in {file} opens everything, beside the old one. Set"
            " DIHEDRAL_KEY to what it holds for every server and worker and start them again; the"
            " first start ends the old one, which you then destroy wherever it is kept"
        )
        return
    old = key.swap(path, file)
    screen.say(
        f"the master key is {new.id}, in {path}. The old one is in {old}: copy the new one to every"
        f" server and worker, start them again, and then destroy the old one (`shred -u {old}`);"
        " a backup of the database from before today needs it"
    )


def _state(key: dict[str, Any]) -> str:
    if key["kind"] == "master":
        return "opens the others" if key["ended_at"] else "sealed content itself"
    if key["seals"]:
        return "seals"
    return "destroyed" if key["ended_at"] else "retired"


def _holds(key: dict[str, Any]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(key["holds"].items()))

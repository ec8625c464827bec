"""`dihedral identity …`: who the server is to clouds, for those that cannot reach it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure

app = here.group("Who the server is to clouds.")
FOLDER = ".well-known"
NAMES = ("openid-configuration", "jwks.json")


@app.command("export", epilog="Example: dihedral identity export ./public")
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is not there.")],
) -> None:
    """Write discovery and keys as files, to be served from elsewhere under the issuer's URL."""
    from dihedral.control.cli import screen

    client = here.client()
    texts = {name: client.get(FOLDER, name) for name in NAMES}
    folder = directory / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            fresh = folder / f".{name}.new"
            fresh.write_bytes(text)
            fresh.replace(folder / name)
    except OSError as cause:
        raise Failure(f"{folder} cannot be written: {cause.strerror}") from cause
    issuer = json.loads(texts[NAMES[0]])["issuer"]
    for name in NAMES:
        screen.say(f"{folder / name} belongs at {issuer}/{FOLDER}/{name}")
    screen.note("keys change: export them again every few hours")

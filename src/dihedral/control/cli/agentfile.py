"""`dihedral agent apply`, `history`, `rollback`: agents as files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import USAGE, Failure
from dihedral.control.cli.here import As, AsJson, Yes

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client

MOST = 1 << 20  # bytes of one file; what the server takes of all
YAML = (".yaml", ".yml")

Agent = Annotated[str, typer.Argument(metavar="AGENT", help="Its name.")]
Number = Annotated[int, typer.Argument(metavar="N", min=1, help="As `agent history` has them.")]
Files = Annotated[
    list[Path],
    typer.Option(
        "--file", "-f", metavar="FILE|DIR", help="An agent's YAML, or a directory; again for more."
    ),
]


def apply(file: Files, yes: Yes = False, as_: As = "", as_json: AsJson = False) -> None:
    """Give agents what their files say: all of them, or none. Shows what would change, and asks.

    A directory stands for the YAML files in it. The texts that a file names, such as its prompt,
    are sent with it.
    """
    from dihedral.control.cli import screen

    texts = _texts(file)
    client = here.client(as_)
    planned = _sent(client, texts, dry=True)
    found = json.loads(planned)["items"]
    if not as_json:
        _tell(found)
    new = [one for one in found if one["outcome"] != "unchanged" or one["granted"]]
    if not new:
        return screen.raw(planned) if as_json else screen.say("nothing to apply")
    if not yes:
        screen.confirm(f"Apply {', '.join(one['name'] for one in new)}?")
    text = _sent(client, texts, dry=False)
    if as_json:
        return screen.raw(text)
    for one in json.loads(text)["items"]:
        screen.say(f"{one['name']} {_outcome(one)}")


def history(agent: Agent, as_json: AsJson = False) -> None:
    """Which versions of an agent's file held, the last first."""
    from dihedral.control.cli import screen

    text = here.client().get("agents", agent, "versions")
    if as_json:
        return screen.raw(text)
    rows = [
        (
            one["version"],
            screen.when(one["taken_at"]),
            one["taken_by"],
            one["digest"][:12],
            _standing(one),
        )
        for one in json.loads(text)["items"]
    ]
    screen.table(("version", "since", "by", "digest", "what"), rows)
    screen.note(f"one of them: dihedral agent show {agent} --version N --file")


def rollback(agent: Agent, number: Number, as_: As = "", as_json: AsJson = False) -> None:
    """Let an older version of an agent's file hold again. A turn that is at work keeps its own."""
    from dihedral.control.cli import screen

    text = here.client(as_).post("agents", agent, "versions", str(number), "take")
    if as_json:
        return screen.raw(text)
    done = json.loads(text)
    _tell([done])
    screen.say(f"{agent} {_outcome(done)}")


def show(client: "Client", agent: str, number: int, whole: bool, as_json: bool) -> None:
    """A version; the `whole` file, or what it is in a few lines."""
    from dihedral.control.cli import screen

    text = client.get("agents", agent, "versions", str(number))
    if as_json:
        return screen.raw(text)
    found = json.loads(text)
    if whole:
        return screen.raw(found["text"].encode())
    screen.pairs(
        [
            ("agent", found["name"]),
            ("version", f"{found['version']}, {'holds' if found['holds'] else 'held before'}"),
            ("digest", found["digest"]),
            ("model", found["model"]),
            ("came", "with the program" if found["shipped"] else f"from {found['applied_by']}"),
            ("kept", screen.when(found["applied_at"])),
        ]
    )
    screen.note(f"the file: dihedral agent show {agent} --version {number} --file")


def _texts(given: list[Path]) -> dict[str, str]:
    """The files, and all that they name, by their paths. Raises Failure."""
    from dihedral.domain.errors import Invalid
    from dihedral.model.rules import agentfile

    texts: dict[str, str] = {}
    for file in (found for one in given for found in _files(one)):
        name, text = file.as_posix(), _text(file)
        try:
            named = agentfile.mentions(text, name)
            beside = {path: _text(Path(path), file) for path in named if Path(path).is_file()}
            agentfile.read(text, beside, name)
        except Invalid as cause:
            again = " ".join(f"-f {one}" for one in given)
            raise Failure(
                f"{cause}\nnothing is applied; mend it, then `dihedral agent apply {again}`"
            ) from cause
        texts |= {name: text, **beside}
    return texts


def _files(path: Path) -> list[Path]:
    """Raises Failure."""
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix in YAML and one.is_file())
    if not found:
        raise Failure(f"there is no YAML file in {path}; name an agent's file: -f FILE", USAGE)
    return found


def _text(path: Path, of: Path | None = None) -> str:
    """`of` is the file that names it; nothing that lies elsewhere is sent, whatever leads there.
    Raises Failure."""
    if of and not path.resolve().is_relative_to(of.parent.resolve()):
        raise Failure(f"{path} leads out of {of.parent}, so it is not sent; copy it there")
    try:
        if path.stat().st_size > MOST:
            raise Failure(f"{path} is larger than {MOST:,} bytes; nothing is applied")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise Failure(f"{path} cannot be read: {cause}; nothing is applied") from cause


def _sent(client: "Client", texts: dict[str, str], *, dry: bool) -> bytes:
    return client.post("agent-files", body={"files": texts, "dry": dry})


def _tell(found: list[Any]) -> None:
    """What changes, agent by agent."""
    from dihedral.control.cli import screen

    for one in found:
        if one["outcome"] == "unchanged" and not one["granted"]:
            screen.say(f"{one['name']}: unchanged, version {one['version']}")
            continue
        screen.say(f"{one['name']}: {one['outcome']}, version {one['version']}")
        for line in one["difference"]:
            screen.change(f"  {line}", line[:1])
        if one["granted"]:
            screen.say(f"  may from now on: {one['granted']}")


def _outcome(one: Any) -> str:
    """As the end of a sentence that begins with its name."""
    version, digest = one["version"], one["digest"][:12]
    again = " again" if one["outcome"] == "again" else ""
    if one["outcome"] == "unchanged":
        return f"is at version {version}, as before"
    return f"is at version {version}{again} ({digest})"


def _standing(one: Any) -> str:
    told = ["holds"] * one["holds"] + ["ships with the program"] * one["shipped"]
    if one["holds"] and one["follows"]:
        told.append("goes with its next one")
    return ", ".join(told)

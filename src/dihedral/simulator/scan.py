"""What a directory of Terraform mentions: every word in it, so that nothing needed is missed."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
SOURCE = re.compile(r'"?\bsource"?\s*[=:]\s*"([^"]+)"')
STATE_TYPE = re.compile(r'"type":\s*"([^"]+)"')
CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json", ".tftest.hcl", ".tfmock.hcl")


@dataclass(frozen=True, slots=True)
class Mentions:
    """`sources` is all that any `source` names; `whole` is false when more may come: a module is
    not installed yet, or lies outside of the directory, or nothing is there at all."""

    words: frozenset[str]
    sources: frozenset[str]
    whole: bool


def mentions(directory: Path, *, beyond: bool = False) -> Mentions:
    """Reads the directory, its local and installed modules, its tests and its state. Only with
    `beyond` also what lies outside: a stranger could have us look at what is somebody else's."""
    words: set[str] = set()
    sources: set[str] = set()
    directory = Path(os.path.normpath(directory))
    installed = _installed(directory)
    todo, seen = [directory, directory / "tests", *installed], set()
    whole = True
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        if not beyond and not here.is_relative_to(directory):
            whole = False
            continue
        seen.add(here)
        for text in _texts(here):
            words.update(WORD.findall(text))
            for source in SOURCE.findall(text):
                sources.add(source)
                if source.startswith(("./", "../")):
                    todo.append(Path(os.path.normpath(here / source)))
                else:
                    whole = whole and (bool(installed) or _is_provider(source))
    for text in _states(directory):
        words.update(STATE_TYPE.findall(text))
        sources.update(re.findall(r'provider\[\\"([^"\\]+)\\"\]', text))
    return Mentions(frozenset(words), frozenset(sources), whole and bool(words))


def _is_provider(source: str) -> bool:
    return re.fullmatch(r"([\w-]+(\.[\w-]+)+/)?[\w-]+/[\w-]+", source) is not None


def _installed(directory: Path) -> list[Path]:
    data = Path(os.environ.get("TF_DATA_DIR") or ".terraform")
    try:
        listed = json.loads((directory / data / "modules/modules.json").read_text("utf-8"))
        return [Path(os.path.normpath(directory / one["Dir"])) for one in listed["Modules"]]
    except (OSError, ValueError, LookupError, TypeError):
        return []  # nothing installed, or nothing that Terraform would read either


def _texts(directory: Path) -> Iterator[str]:
    try:
        found = sorted(directory.iterdir())
    except OSError:
        return
    for path in found:
        if path.name.endswith(CONFIGURATION) and path.is_file():
            yield path.read_text("utf-8", errors="replace")


def _states(directory: Path) -> Iterator[str]:
    for path in [*directory.glob("*.tfstate"), *directory.glob("terraform.tfstate.d/*/*.tfstate")]:
        yield path.read_text("utf-8", errors="replace")

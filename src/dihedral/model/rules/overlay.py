"""A conversation's own files, over a configuration that others may move on meanwhile."""

import re
from collections.abc import Mapping

from dihedral.domain.errors import Conflict, Invalid

Files = Mapping[str, bytes]

FILES = 60  # that one conversation may change
BYTES = 256 << 10  # of all of them together
HIDDEN = "(sensitive)"  # what an agent is shown in the place of a secret
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){0,6}")
_NUL = "\0"


def demand_path(path: str) -> None:
    """Raises Invalid for what is no plain path in a configuration."""
    if not _PATH.fullmatch(path):
        raise Invalid(
            f"{path[:120]!r} is no path of a file here: write it as main.tf or modules/net/main.tf,"
            " with letters, digits, - _ and . only, relative, and no part that begins with a dot"
        )


def demand_text(path: str, text: str) -> None:
    """Raises Invalid for a text that would destroy what its writer was not shown."""
    if HIDDEN in text:
        raise Invalid(
            f"{path} holds {HIDDEN}, which stands for a secret that you are not shown: leave that"
            " file as it is, or write the value as a variable (var.NAME)"
        )
    if _NUL in text:
        raise Invalid(f"{path} holds the character NUL; write plain text")


def changed(base: Files, mine: Files) -> tuple[str, ...]:
    """The paths that are new, gone or another."""
    return tuple(sorted(p for p in {*base, *mine} if base.get(p) != mine.get(p)))


def demand_size(base: Files, mine: Files) -> None:
    """Raises Invalid for more than anybody would read."""
    paths = changed(base, mine)
    size = sum(len(mine.get(path, b"")) for path in paths)
    if len(paths) > FILES or size > BYTES:
        raise Invalid(
            f"the draft changes {len(paths)} files of {size:,} bytes together; at most {FILES}"
            f" files of {BYTES:,} bytes are taken: write less, or propose in several steps"
        )


def rebase(base: Files, mine: Files, now: Files) -> Files:
    """`mine`, which began from `base`, as if it had begun from `now`. Raises Conflict where both
    changed the same file."""
    paths = changed(base, mine)
    clash = [p for p in paths if now.get(p) not in (base.get(p), mine.get(p))]
    if clash:
        raise Conflict(
            f"somebody applied a change of {', '.join(clash[:5])} since this draft began: read the"
            " file again (read_configuration), then write it anew"
        )
    kept = {path: body for path, body in now.items() if path not in paths}
    return kept | {path: mine[path] for path in paths if path in mine}

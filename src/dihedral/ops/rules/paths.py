"""Paths of a proposal: which names a file may have, and whether a path stays inside the tree."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import lexical

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Note:
    """A finding before it is one. `line` is 0 where there is none."""

    path: str
    line: int
    message: str
    mend: str
    ruling: Ruling = Ruling.DENY

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


# what a file's path may not match, and why
FORBIDDEN: Mapping[re.Pattern[str], tuple[str, str]] = {
    re.compile(r"(^|/)\.terraform/"): (
        "this belongs to a working directory of Terraform",
        "leave `.terraform` out; providers are installed anew for every run",
    ),
    re.compile(r"(^|/)terraform\.d/"): (
        "Terraform would load programs from here",
        "leave it out; providers come from the allowed sources only",
    ),
    re.compile(r"\.tfstate(\.|$)"): (
        "this is a state file",
        "leave it out; the workspace keeps its state, and `dihedral state` reads it",
    ),
    re.compile(r"(^|/)(\.terraformrc|terraform\.rc|\.tofurc|tofu\.rc)$"): (
        "this configures Terraform itself",
        "leave it out",
    ),
    re.compile(r"(^|/)\.(aws|ssh|git)/|(^|/)\.netrc$|(^|/)\.env$"): (
        "this may hold credentials, and Terraform does not need it",
        "leave it out",
    ),
}
_OVERRIDE = re.compile(r"(^|/)([^/]*_)?override\.(tf|tofu)(\.json)?$")


def name(path: str) -> Iterator[Note]:
    """What is wrong with a file's own path."""
    shown = lexical.HOSTILE.sub("?", path)
    steps = path.split("/")
    odd = path != shown or "\\" in path or any(c < " " for c in path)
    if odd or _DRIVE.match(path) or {"", ".", ".."} & set(steps):
        yield Note(shown, 0, "this path leaves the directory, or cannot be told", "rename the file")
    for pattern, (message, mend) in FORBIDDEN.items():
        if pattern.search(path):
            yield Note(shown, 0, message, mend)
    if _OVERRIDE.search(path):
        said = "an override file changes what other files say, where a reader does not see it"
        yield Note(shown, 0, said, "write the change where it belongs", Ruling.ASK)


def inside(said: str, file: str, root: str = "") -> str | None:
    """A literal path that `file` says, as one from the top of the tree; None if it leaves it.

    It may begin with `{module}` or `{root}`; else it is taken from the root, as Terraform does.
    """
    start, rest = root, said
    if said.startswith("{module}"):
        start, rest = posixpath.dirname(file), said.removeprefix("{module}")
    elif said.startswith("{root}"):
        rest = said.removeprefix("{root}")
    elif said.startswith(("/", "~", "\\")) or _DRIVE.match(said):
        return None
    if rest != said and rest[:1] not in ("", "/"):
        return None  # `${path.module}x` is another directory, beside it
    return resolve(start, rest.lstrip("/"))


def resolve(directory: str, path: str) -> str | None:
    """`path` from `directory`, both relative to the root; None if it leaves the root."""
    if any(mark in path for mark in ("\\", "{module}", "{root}", "\0")):
        return None
    steps: list[str] = [s for s in directory.split("/") if s]
    for step in path.split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)

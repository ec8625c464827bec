"""Paths of a proposal: which names a file may have, and whether a path stays inside the tree."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import confusable

_DRIVE = re.compile(r"[A-Za-z]:")
CONFIGURES = re.compile(r"\.(tf|tofu)(\.json)?$")
_LONGEST = 200  # letters, of one step of a path


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
    re.compile(r"(^|/)\.terraform(/|$)"): (
        "this belongs to a working directory of Terraform",
        "leave `.terraform` out; providers are installed anew for every run",
    ),
    re.compile(r"(^|/)terraform\.(d(/|$)|tfstate\.d/)"): (
        "Terraform would load programs or states from here",
        "leave it out; providers come from the allowed sources only",
    ),
    re.compile(r"\.tfstate(\.|$)"): (
        "this is a state file",
        "leave it out; the workspace keeps its state, and `dihedral state` reads it",
    ),
    re.compile(r"(^|/)\.workspaces(/|$)"): (
        "the outputs of other workspaces are put here, and nothing else may be taken for them",
        "leave it out; guard.remote_states says which workspaces may be read",
    ),
    re.compile(r"\.tfplan$|(^|/)tfplan$"): (
        "this is a stored plan, and only a plan of ours is ever applied",
        "leave it out",
    ),
    re.compile(r"(^|/)\.?(terraformrc|terraform\.rc|tofurc|tofu\.rc)$|\.tfrc(\.json)?$"): (
        "this configures Terraform itself",
        "leave it out",
    ),
    re.compile(r"(^|/)\.(aws|ssh|git|gnupg|kube|docker)/|(^|/)\.(netrc|env|git-credentials)$"): (
        "this may hold credentials, and Terraform does not need it",
        "leave it out",
    ),
    re.compile(r"\.(tfstack|tfdeploy|tfcomponent|tfquery)\.(hcl|json)$"): (
        "stacks and queries are not run here, and nobody would review this",
        "leave it out",
    ),
    re.compile(r"\.(tftest|tofutest)\.json$"): (
        "tests in the JSON form are not read here, and `terraform init` installs what they name",
        "write the test as .tftest.hcl, or leave it out",
    ),
    re.compile(r"(^|/)([^/]*_)?override\.(tf|tofu)(\.json)?$"): (
        "an override file changes what other files say, where a reader does not see it",
        "write the change where it belongs",
    ),
    re.compile(r"(^|/)\.[^/]*\.(tf|tofu)(\.json)?$"): (
        "Terraform does not read a file with this name, and a reader may think that it does",
        "give the file a name without the first dot, or leave it out",
    ),
}


def name(path: str) -> Iterator[Note]:
    """What is wrong with a file's own path."""
    shown = "".join(c if c.isprintable() and not confusable.HOSTILE.match(c) else "?" for c in path)
    steps = path.split("/")
    odd = path != shown or "\\" in path or "->" in path or max(map(len, steps)) > _LONGEST
    blank = any(step != step.strip() or step.endswith(".") for step in steps)
    if odd or blank or _DRIVE.match(path) or {"", ".", ".."} & set(steps):
        yield Note(shown, 0, "this path leaves the directory, or cannot be told", "rename the file")
    for step in steps:
        if why := next(filter(None, map(confusable.deceives, confusable.WORD.findall(step))), ""):
            yield Note(shown, 0, f"the name {why}", "rename the file, in one script")
    for pattern, (message, mend) in FORBIDDEN.items():
        if pattern.search(path.lower()):
            yield Note(shown, 0, message, mend)


def together(paths: Iterable[str]) -> Iterator[Note]:
    """What is wrong with some paths beside each other."""
    known = set(paths)
    folded: dict[str, str] = {}
    for path in sorted(known):
        twin = folded.setdefault(path.casefold(), path)
        if twin != path:
            said = f"the name differs from {twin!r} by the case of letters only"
            yield Note(path, 0, said, "rename one of them")
        above = path
        while above := above.rpartition("/")[0]:
            if above in known:
                yield Note(above, 0, f"this is a file, and the directory of {path!r}", "rename it")
        if CONFIGURES.search(path) and ".tofu" in path:
            other = CONFIGURES.sub(lambda met: f".tf{met[2] or ''}", path)
            if other in known:
                said = f"OpenTofu reads this instead of {other!r}, and Terraform the other"
                yield Note(path, 0, said, "leave one of them out")


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

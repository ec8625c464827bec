"""Files of a Git repository at one commit, fetched by the git program, which obeys nobody else.

The address is somebody's input: it may use three schemes only, and cannot be an option.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dihedral.domain.errors import Invalid
from dihedral.ops.work import git, policy

_URL = re.compile(r"(https|ssh|file)://[A-Za-z0-9/][A-Za-z0-9._~:/@%+=,-]*")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]*")
_DIRECTORY = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """`ref` is a branch, a tag or a commit; `directory` the set's place in it."""

    url: str
    ref: str = "HEAD"
    directory: str = ""

    def __str__(self) -> str:
        return f"{self.url}#{self.ref}" + (f":{self.directory}" if self.directory else "")


@dataclass(frozen=True, slots=True)
class Fetched:
    files: Mapping[str, bytes]
    commit: str


def check(repository: Repository) -> None:
    """Raises Invalid for what git could take for something else."""
    if not _URL.fullmatch(repository.url) or "@-" in repository.url or "//-" in repository.url:
        raise Invalid(
            f"{repository.url!r} is no repository that is fetched from: it begins with https://,"
            " ssh:// or file://"
        )
    if re.match(r"https://[^/]*@", repository.url):
        raise Invalid("a repository's URL holds no password or token; it is kept and shown")
    if not _REF.fullmatch(repository.ref) or ".." in repository.ref:
        raise Invalid(f"{repository.ref!r} is no branch, tag or commit")
    where = repository.directory
    if where and (not _DIRECTORY.fullmatch(where) or ".." in where.split("/")):
        raise Invalid(f"{where!r} is no path in a repository")


async def fetch(repository: Repository) -> Fetched:
    """The policy set's files. Raises Invalid, Upstream."""
    check(repository)
    with tempfile.TemporaryDirectory(prefix="dihedral-git-") as made:
        top = Path(made)
        await _git(top, ["init", "--quiet", "--template="])
        wanted = ["--", repository.url, repository.ref]
        await _git(top, ["fetch", "--quiet", "--depth=1", "--no-tags", *wanted])
        await _git(top, ["checkout", "--quiet", "--detach", "FETCH_HEAD"])
        commit = (await _git(top, ["rev-parse", "HEAD"])).decode().strip()
        return Fetched(policy.gathered(top / repository.directory), commit)


async def _git(cwd: Path, words: Sequence[str]) -> bytes:
    return await git.run(cwd, words, "the repository cannot be fetched")

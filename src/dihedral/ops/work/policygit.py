"""Files of a Git repository at one commit, fetched by the git program, which obeys nobody else.

The address is somebody's input: it may use three schemes only, cannot be an option, and git reads
no configuration but ours, runs no hook, and asks nobody for a password.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dihedral.domain.errors import Invalid, Upstream
from dihedral.kit import process
from dihedral.kit.process import Limits, Program
from dihedral.ops.work import policy

_URL = re.compile(r"(https|ssh|file)://[A-Za-z0-9/][A-Za-z0-9._~:/@%+=,-]*")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]*")
_DIRECTORY = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_LIMITS = Limits(seconds=60.0, grace=2.0, output=1 << 20)
_SET = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.symlinks": "true",
    "credential.helper": "",
    "http.followRedirects": "false",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
}


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
    settings = [word for name, value in _SET.items() for word in ("-c", f"{name}={value}")]
    program = Program(words=["git", *settings, *words], cwd=cwd, env=_environment(cwd))
    try:
        ended, out = await process.capture(program, _LIMITS)
    except OSError as cause:
        raise Upstream("there is no git program here; install git") from cause
    if ended.code or ended.timed_out:
        why = ended.stderr_tail.strip().splitlines()[-1:] or ["it took too long"]
        raise Upstream(f"the repository cannot be fetched: {why[0]}")
    return out


def _environment(home: Path) -> dict[str, str]:
    kept = ("PATH", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy", "NO_PROXY")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }

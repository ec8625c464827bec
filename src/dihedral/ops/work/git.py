"""The git program, which reads no configuration but ours, runs no hook, and asks nobody."""

import os
from collections.abc import Container, Sequence
from pathlib import Path

from dihedral.domain.errors import Upstream
from dihedral.kit import process
from dihedral.kit.process import Limits, Program

LIMITS = Limits(seconds=60.0, grace=2.0, output=1 << 20)
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
_READS = (
    "/bin/sh",
    "-c",
    'file=$1; shift; exec "$@" < "$file"',
    "sh",
)  # we give a program no stdin


async def run(
    cwd: Path,
    words: Sequence[str],
    why: str,
    limits: Limits = LIMITS,
    reads: Path | None = None,
    fine: Container[int] = (0,),
) -> bytes:
    """What it says; `reads` is a file that it reads as its input, `fine` the codes with which it
    may end. Raises Upstream, which begins with `why`."""
    settings = [word for name, value in _SET.items() for word in ("-c", f"{name}={value}")]
    whole = ["git", *settings, *words]
    whole = [*_READS, str(reads), *whole] if reads else whole
    program = Program(words=whole, cwd=cwd, env=_environment(cwd))
    try:
        ended, out = await process.capture(program, limits)
    except OSError as cause:
        raise Upstream("there is no git program here; install git") from cause
    if ended.code not in fine or ended.timed_out or ended.overflow:
        said = ended.stderr_tail.strip().splitlines()[-1:] or ["it took too long, or said too much"]
        raise Upstream(f"{why}: {said[0]}")
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

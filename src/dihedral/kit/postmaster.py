"""A running PostgreSQL server, found by the `postmaster.pid` that it keeps in its data directory.

The file outlives a server that is killed, and after a reboot its number may be another process's.
So a process counts only if its command line is a PostgreSQL server's on this very directory.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_FAST, _AT_ONCE = signal.SIGINT, signal.SIGQUIT


@dataclass(frozen=True, slots=True)
class Postmaster:
    """`socket` is the directory of its socket, or None when it listens on `port` of loopback."""

    pid: int
    port: int
    socket: str | None
    ready: bool


def find(data: Path) -> Postmaster | None:
    """The live server of `data`, or None."""
    told = read(data)
    return told if told and serves(told.pid, data) else None


def read(data: Path) -> Postmaster | None:
    """What `postmaster.pid` says, true or not; None while it is not wholly written.

    Lines: pid, data, start time, port, socket directory, host, shared memory, status.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port, socket = int(lines[0]), int(lines[3]), lines[4].strip()
    except (OSError, ValueError, IndexError):
        return None
    return Postmaster(pid, port, socket or None, lines[7:] != [] and lines[7].strip() == "ready")


def clear(data: Path, sockets: Path) -> None:
    """Removes what a dead server of `data` left: its `postmaster.pid`, and its socket's lock.

    Only if the process that they name is certainly no server of `data`.
    """
    for path in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*.lock")):
        try:
            pid = int(path.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            continue
        if not serves(pid, data):
            path.unlink(missing_ok=True)


def serves(pid: int, data: Path) -> bool:
    """The process lives and may be PostgreSQL on `data`. In doubt yes: two servers ruin data."""
    words = _command(pid)
    if not any("postgres" in os.path.basename(w) or "postmaster" in w for w in words[:1]):
        return False
    given = words[words.index("-D") + 1 :] if "-D" in words else []
    return not given or given[0] == str(data) or not os.path.isabs(given[0])


def stop(data: Path, patience: float = 30.0) -> None:
    """Stops the server of `data`: open transactions roll back, then at once if that takes long."""
    for how in (_FAST, _AT_ONCE):
        found = find(data)
        if found is None:
            return
        os.kill(found.pid, how)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if not serves(found.pid, data):
                return
            time.sleep(0.01)


def _command(pid: int) -> list[str]:
    """The words that the process was started with; none for a dead one or a zombie."""
    if os.path.isdir("/proc/self"):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return os.fsdecode(file.read()).split("\0")
        except OSError:
            return []
    told = subprocess.run(  # macOS
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.split()

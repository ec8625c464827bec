"""How commands find the server of their data directory: a small file, which it removes when it
ends. One that was left behind by a killed server is told by its process, and ignored."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dihedral.domain.errors import NotFound

NAME = "server.json"


@dataclass(frozen=True, slots=True)
class Server:
    """Where one listens, and the token that lets programs in: of its data directory's owner, or
    of whoever logged in. `solo`: only this machine reaches it, and who asks may name anybody."""

    url: str
    token: str = field(default="", repr=False)
    solo: bool = False


@contextmanager
def announced(data: Path, server: Server) -> Iterator[None]:
    """The file is there while the block runs; only this user can read it."""
    data.mkdir(parents=True, exist_ok=True)
    path, fresh = data / NAME, data / f"{NAME}.{os.getpid()}"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({**asdict(server), "pid": os.getpid()}, file)
    fresh.replace(path)
    try:
        yield
    finally:
        if _read(path)[1] == os.getpid():
            path.unlink(missing_ok=True)


def find(data: Path) -> Server:
    """The server that runs for this directory. Raises NotFound."""
    server, pid = _read(data / NAME)
    if not server.url or not alive(pid):
        raise NotRunning(data)
    return server


class NotRunning(NotFound):
    def __init__(self, data: Path) -> None:
        Exception.__init__(self, f"no server is running for {data}; start one with `dihedral up`")


def alive(pid: int) -> bool:
    """Whether there is such a process, ours or another's."""
    if pid <= 0:
        return False
    if os.name == "nt":  # there, signal 0 would end it; the connection will tell
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> tuple[Server, int]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_text("utf-8"))
        url, pid = str(found["url"]), int(found["pid"])
        return Server(url, str(found.get("token", "")), found.get("solo") is True), pid
    return Server(""), 0

"""The kept-running simulator's conversation: a JSON object a line, in and out, until stdin ends."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import msgspec

from dihedral.simulator.host import Host
from dihedral.simulator.scenario import scenario


class Opened(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    directory: str
    scenario: Any = None


class Request(msgspec.Struct, forbid_unknown_fields=True):
    open: Opened | None = None
    close: str | None = None


def converse(lines: Iterable[str], out: TextIO, host: Host) -> None:
    try:
        for line in lines:
            if line.strip():
                out.write(msgspec.json.encode(reply(line, host)).decode() + "\n")
                out.flush()
    finally:
        host.end()


def reply(line: str, host: Host) -> dict[str, Any]:
    """The answer to one request; a bad one is answered with its `error`."""
    try:
        request = msgspec.json.decode(line, type=Request)
        if request.open is not None:
            asked = request.open
            return host.open(asked.id, Path(asked.directory), scenario(asked.scenario))
        if request.close is not None:
            return host.close(request.close)
    except (ValueError, LookupError, OSError) as cause:
        return {"error": str(cause)}
    return {"error": 'ask {"open": {"id": …, "directory": …}} or {"close": …}'}

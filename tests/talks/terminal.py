"""A command at a terminal, and a person who types when the screen says what he waits for."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PATIENCE = 90.0  # seconds


@dataclass(frozen=True, slots=True)
class Seen:
    screen: str
    code: int


def typed(words: Sequence[str], environ: Mapping[str, str], *steps: tuple[str, str]) -> Seen:
    """What was on the screen, and the exit code; each step is what is waited for, and the keys."""
    child, line = pty.fork()
    if child == 0:
        os.execve(sys.executable, [sys.executable, "-m", "dihedral", *words], dict(environ))
    screen, at, todo, end = b"", 0, list(steps), time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            if select.select([line], [], [], 0.1)[0]:
                if not (piece := _read(line)):
                    break
                screen += piece
            if todo and (found := re.search(todo[0][0].encode(), screen[at:])):
                at += found.end()
                os.write(line, todo.pop(0)[1].encode())
    finally:
        os.close(line)
        _, status = os.waitpid(child, 0)
    text = screen.decode("utf-8", "replace").replace("\r\n", "\n")
    assert not todo, f"in vain: {todo[0][0]!r} in\n{text}"
    return Seen(text, os.waitstatus_to_exitcode(status))


def _read(line: int) -> bytes:
    try:
        return os.read(line, 65_536)
    except OSError:  # the other end is closed
        return b""

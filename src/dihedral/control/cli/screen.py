"""What the commands print. Rich is loaded here, when there is something to show.

Results go to stdout, everything else to stderr. Colours vanish in a pipe and under NO_COLOR, and
so does the width: what is piped is never cut.
"""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dihedral.control.cli.failure import REFUSED, USAGE, Failure

if TYPE_CHECKING:
    from rich.console import Console

_BELOW = {"s": 1, "min": 60, "h": 3600, "d": 86400}
PIPED = 10_000  # columns of what is not a terminal: nothing is cut there
# fmt: off
COLOURS = {
    "applied": "green", "planned_and_finished": "green", "allow": "green", "ok": "green",
    "policy_checked": "yellow", "ask": "yellow", "warn": "yellow",
    "policy_soft_failed": "red", "errored": "red", "deny": "red", "fail": "red",
    "discarded": "dim", "canceled": "dim", "expired": "dim",
    "pending": "cyan", "planning": "cyan", "planned": "cyan", "confirmed": "cyan",
    "applying": "cyan",
}
SIGNS = {
    "+": "green", "-": "red", "~": "yellow", "-/+": "red", "+/-": "red", "<=": "cyan", ".": "dim",
}
# fmt: on


def out() -> "Console":
    from rich.console import Console

    tty = sys.stdout.isatty()
    return Console(
        highlight=False, markup=False, emoji=False, soft_wrap=not tty, width=None if tty else PIPED
    )


def err() -> "Console":
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def raw(text: bytes) -> None:
    """An answer's own bytes, as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text if text.endswith(b"\n") else text + b"\n")
    sys.stdout.buffer.flush()


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], last: str = "fold") -> None:
    """Columns as wide as they need; the last takes what is left, and is cut or folded."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads[:-1]:
        made.add_column(head, no_wrap=True)
    cut = last == "cut"
    made.add_column(heads[-1], no_wrap=cut, overflow="ellipsis" if cut else "fold")
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    _trimmed(made)


def words(*parts: tuple[str, str]) -> Any:
    """Texts, each in its style."""
    from rich.text import Text

    return Text.assemble(*parts)


def indented(text: str, by: int, style: str = "") -> None:
    """A text whose further lines stand where its first one does."""
    from rich.padding import Padding
    from rich.text import Text

    _trimmed(Padding(Text(text, style=style), (0, 0, 0, by)))


def line(text: str) -> None:
    """A line as it is, for logs: quick, and never cut."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """What goes on, or what to do: beside the result, not in it."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def change(text: str, sign: str) -> None:
    """A line of a difference, in the colour of its sign."""
    out().print(words((text, SIGNS.get(sign, ""))), soft_wrap=True)


def gap() -> None:
    sys.stdout.write("\n")
    sys.stdout.flush()


def width() -> int:
    """Columns of the terminal, within what the server takes."""
    import shutil

    return min(400, max(40, shutil.get_terminal_size((120, 24)).columns))


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """A name and what it is, a line each; empty ones are left out."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, ""):
            made.add_row(name, cell(value))
    _trimmed(made)


def _trimmed(made: object) -> None:
    """Printed without the blanks that fill a table's last column."""
    console = out()
    with console.capture() as held:
        console.print(made)
    for row in held.get().splitlines():
        line(row.rstrip())


def answer(question: str) -> str:
    """What the person at the terminal says."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    text = sys.stdin.readline()
    if not text:
        raise Failure("\nnobody answered; nothing is done", status=USAGE)
    return text.strip()


def asked(question: str) -> bool:
    """Whether the person says yes; only `yes` or `y` is one."""
    return answer(f"{question} [yes/no]").lower() in ("y", "yes")


def confirm(question: str) -> None:
    """Goes on if the person says yes. Raises Failure otherwise, and where nobody can be asked."""
    if not sys.stdin.isatty():
        raise Failure(f"{question} Nobody is here to ask: say --yes", status=2)
    if not asked(question):
        raise Failure("nothing is done", status=REFUSED)


def cell(value: object) -> Any:
    from rich.text import Text

    text = "" if value is None else str(value)
    return Text(text, style=COLOURS.get(text, ""))


def until(instant: str, now: datetime | None = None) -> str:
    """`2026-11-25T18:04:19Z` as `in 71 h`."""
    then = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    seconds = (then - (now or datetime.now(UTC))).total_seconds()
    if seconds <= 0:
        return "now"
    for size, unit in ((60, "s"), (3600, "min"), (4 * 86400, "h")):
        if seconds < size:
            return f"in {int(seconds / _BELOW[unit])} {unit}"
    return f"in {int(seconds / 86400)} d"


def when(instant: str, now: datetime | None = None) -> str:
    """`2026-11-22T18:04:19Z` as `3 min ago`; beyond a week, the day."""
    then = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    for size, unit in ((60, "s"), (3600, "min"), (86400, "h"), (7 * 86400, "d")):
        if seconds < size:
            return f"{max(0, int(seconds / _BELOW[unit]))} {unit} ago"
    return then.date().isoformat()

"""Who ends a program when we cannot, and what belongs to it.

Terraform gives a provisioner a group of its own, so a group is not enough: all of the session is
killed, where /proc tells who that is.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE

import anyio
from anyio.abc import Process

# stdin: the program's pid, then a line when it is over; stdout and stderr: the *reading* ends
WATCH = """
grace=$1
read -r pid || exit 0
read -r over && exit 0
cat <&1 >/dev/null 2>/dev/null &
cat <&2 >/dev/null 2>/dev/null &
exec >/dev/null 2>/dev/null
kill -s INT "$pid"
while [ "$grace" -gt 0 ] && kill -s 0 "$pid"; do sleep 1; grace=$((grace - 1)); done
kill -s KILL -- "-$pid"
for stat in /proc/[0-9]*/stat; do
  read -r line <"$stat" || continue
  set -- ${line##*) }
  [ "$4" = "$pid" ] || continue
  one=${stat#/proc/}
  kill -s KILL "${one%/stat}"
done
"""


async def start(readers: tuple[int, int], grace: float) -> Process:
    """A watch that holds the reading ends, and knows no pid yet."""
    return await anyio.open_process(
        ["/bin/sh", "-c", WATCH, "watch", str(max(1, round(grace)))],
        stdin=PIPE,
        stdout=readers[0],
        stderr=readers[1],
        env={"PATH": "/usr/bin:/bin"},
        start_new_session=True,
    )


async def tell(watch: Process, pid: int) -> None:
    assert watch.stdin
    await watch.stdin.send(f"{pid}\n".encode())


async def dismiss(watch: Process, *, over: bool) -> None:
    """Ends the watch; unless it is `over`, the watch ends the program first."""
    assert watch.stdin
    with suppress(anyio.BrokenResourceError):
        await watch.stdin.send(b"over\n" if over else b"")
    await watch.aclose()


def kill_session(leader: int) -> None:
    """SIGKILL to the leader's group and, where /proc tells, to the rest of its session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in _session(leader):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # pid (name, which may hold anything) state parent group session …
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == leader:
                yield int(stat.parent.name)

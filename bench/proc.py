"""What processes cost, as Linux's /proc has it.

Units   seconds of CPU, user and system together; bytes.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")


def tree(*roots: int) -> list[int]:
    """The processes, and all that came of them and still live."""
    parents = {pid: fields[1] for pid, fields in _stats()}
    found, todo = [], [pid for pid in roots if pid in parents]
    while todo:
        here = todo.pop()
        found.append(here)
        todo += [pid for pid, parent in parents.items() if parent == here and pid not in found]
    return sorted(set(found))


def cpu(pids: Iterable[int]) -> float:
    """What they used so far, with their children that have ended. Those of `pids` that are gone
    count nothing, so ask for a difference only while all of them live."""
    stats = dict(_stats())
    return sum(sum(stats[pid][11:15]) for pid in pids if pid in stats) / TICK


def memory(pid: int) -> dict[str, int]:
    """Resident (`Rss`), and proportional (`Pss`): there a shared page counts for each its share."""
    wanted = ("Rss", "Pss", "Private_Clean", "Private_Dirty")
    try:
        rows = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return dict.fromkeys(wanted, 0)
    found = {row.partition(":")[0]: int(row.split()[1]) * 1024 for row in rows}
    return {name: found.get(name, 0) for name in wanted}


def words(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def _stats() -> Iterator[tuple[int, list[int]]]:
    """Each process's fields from the third on: its state as 0, then parent, …"""
    for path in PROC.iterdir():
        if path.name.isdigit():
            try:
                text = (path / "stat").read_text()
            except OSError:
                continue
            fields = text.rpartition(")")[2].split()
            yield int(path.name), [0, *map(int, fields[1:20])]

"""What all of a cage uses together, which no limit of a single process tells.

The cage's own /proc lists who is in it, whatever became of their parents.
"""

import os
import stat

from dihedral.kit.cage.order import Order

OFTEN = 0.1  # seconds between two looks at memory
SELDOM = 0.25  # at disks, where looking takes longer; and never more than a tenth of the time
BLOCK = 4096  # bytes; what a name takes at least, since there are not endlessly many of them
BLIND = 20  # looks that may fail in a row
_GIB = 1 << 30


class Gauge:
    """Opened once the cage stands; each look costs a fraction of a millisecond."""

    __slots__ = ("_blind", "_disk_at", "_init", "_order", "_proc")

    def __init__(self, order: Order, init: int) -> None:
        self._order = order
        self._init = init
        self._proc = -1
        self._disk_at = 0.0
        self._blind = 0

    def look(self, now: float) -> str:
        """Why the cage must be ended; empty when it keeps its limits. Whatever cannot be read is
        on its way to its end; what cannot be read again and again is ended."""
        try:
            why = self._look(now) if self._opened() else ""
            self._blind = 0
        except OSError as cause:
            self._blind += 1
            why = f"it cannot be measured ({cause}), so it was ended" if self._blind > BLIND else ""
        return why

    def _look(self, now: float) -> str:
        pids = [name for name in os.listdir(self._proc) if name.isdecimal()]
        most = self._order.limits.get("processes", 0)
        if most and len(pids) > most:
            return f"it started more than {most} processes, so it was ended"
        why = self._memory(pids)
        if not why and now >= self._disk_at:
            why = self.disk(pids)
        return why

    def again(self, began: float, ended: float) -> None:
        """How long a look took says when the next one at disks is due."""
        if began >= self._disk_at:
            self._disk_at = ended + max(SELDOM, 10 * (ended - began))

    def disk(self, pids: list[str]) -> str:
        most = self._order.limits.get("disk", 0)
        if not most or not self._order.disks:
            return ""
        try:
            used = sum(_tree(path) for path in self._order.disks)
        except OSError as cause:
            return f"what it wrote cannot be measured ({cause.strerror}), so it was ended"
        used += sum(_unlinked(self._proc, pid) for pid in pids)
        if used < most:
            return ""
        return f"it filled more than {size(most)} of disk, so it was ended"

    def _memory(self, pids: list[str]) -> str:
        most = self._order.limits.get("memory", 0)
        used = sum(_resident(self._proc, pid) for pid in pids) + self._in_memory()
        if not most or used <= most:
            return ""
        return f"it used more than {size(most)} of memory, so it was ended"

    def _in_memory(self) -> int:
        """What lies in the cage's file systems that are memory."""
        total = 0
        for kind, _, where in self._order.mounts:
            if kind == "tmp":
                there = os.statvfs(f"/proc/self/fd/{self._proc}/..{where}")
                total += (there.f_blocks - there.f_bfree) * there.f_frsize
        return total

    def _opened(self) -> bool:
        if self._proc < 0:
            root = f"/proc/{self._init}/root"
            try:
                if os.stat(root).st_dev != os.stat("/").st_dev:
                    self._proc = os.open(f"{root}/proc", os.O_RDONLY | os.O_DIRECTORY)
            except OSError:
                return False
        return self._proc >= 0


def size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / _GIB:.3g} GiB" if count >= _GIB else f"{count >> 20} MiB"


def _resident(proc: int, pid: str) -> int:
    """Bytes that are this process's own, in memory or swapped out."""
    total = 0
    for line in _read(proc, f"{pid}/status").split(b"\n"):
        if line.startswith((b"RssAnon:", b"RssShmem:", b"VmSwap:")):
            total += int(line.split()[1]) << 10
    return total


def _unlinked(proc: int, pid: str) -> int:
    """Bytes of files that no directory names any more, yet somebody holds open."""
    total, folder = 0, f"/proc/self/fd/{proc}/{pid}/fd"
    try:
        for name in os.listdir(folder):
            found = os.stat(f"{folder}/{name}")
            if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                total += found.st_blocks << 9
    except OSError:
        pass  # it has ended, or has just closed one
    return total


def _tree(top: str) -> int:
    """Bytes below a directory; a name alone counts as much as a block. Raises OSError for what
    there is and cannot be looked at: it may be too deep, or shut, so that nobody counts it."""
    total, todo = 0, [top]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    total += _entry(entry)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            pass  # it went away meanwhile
    return total


def _entry(entry: "os.DirEntry[str]") -> int:
    try:
        return max(BLOCK, entry.stat(follow_symlinks=False).st_blocks << 9)
    except FileNotFoundError:
        return 0


def _read(proc: int, path: str) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY, dir_fd=proc)
    except OSError:
        return b""
    try:
        return os.read(file, 1 << 14)
    except OSError:
        return b""
    finally:
        os.close(file)

"""Advisory locks on a file. The kernel drops them with the process, however it ends."""

import fcntl
import os
import time
from pathlib import Path


class FileLock:
    """Open until `close`; holds nothing at first. The file stays; only its lock means anything."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def shared(self) -> bool:
        """Together with others; False if somebody holds it alone."""
        return self._take(fcntl.LOCK_SH)

    def alone(self, patience: float = 0.0) -> bool:
        """Without others, giving up a shared hold for it; False after `patience` seconds."""
        end = time.monotonic() + patience
        while not (got := self._take(fcntl.LOCK_EX)) and time.monotonic() < end:
            time.sleep(0.02)
        return got

    def close(self) -> None:
        os.close(self._fd)

    def _take(self, how: int) -> bool:
        try:
            fcntl.flock(self._fd, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

"""Reading what a stranger has written into a directory of ours.

He may have put a symbolic link where a file should be, or in place of a directory above it, and
would have us read a file of ours to him; or a pipe, at which we would wait for ever.
"""

import os
import stat
from pathlib import Path

_STEP = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
MOST = 1 << 30  # bytes that are read at most


def read(root: Path, path: Path) -> bytes | None:
    """The bytes of the regular file `path`; None where there is none beneath `root`, reached
    without any link. Raises ValueError when `path` does not begin with `root`."""
    found = opened(root, path)
    if found is None:
        return None
    with os.fdopen(found, "rb") as file:
        return file.read(MOST)


def opened(root: Path, path: Path) -> int | None:
    """The same, as a descriptor open for reading."""
    here = os.open(root, _STEP | os.O_DIRECTORY)
    *folders, name = path.relative_to(root).parts
    try:
        for folder in folders:
            below = os.open(folder, _STEP | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        file = os.open(name, _STEP | os.O_NONBLOCK, dir_fd=here)
    except OSError:
        return None
    finally:
        os.close(here)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    return None

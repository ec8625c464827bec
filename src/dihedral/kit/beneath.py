"""Reading what a stranger has written into a directory of ours, and removing it.

He may have put a symbolic link where a file should be, or in place of a directory above it, and
would have us read a file of ours to him; or a pipe, at which we would wait for ever. His
directories may lie so deep that no path leads to them, and he may have shut them.
"""

import os
import stat
from collections.abc import Iterator
from itertools import count
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


def remove(root: Path) -> None:
    """`root` and all beneath it, while nothing of the stranger's lives; nothing where there is
    none. What lies deeper is brought up first, since a walk down has an end. Raises OSError."""
    names = (f"{root}/{os.urandom(16).hex()}-{n}" for n in count())
    todo = [str(root)] if root.exists() else []
    while todo:
        below = list(_emptied(todo[-1]))
        if below:
            todo += [_brought_up(path, next(names)) for path in below]
        else:
            os.rmdir(todo.pop())


def _emptied(folder: str) -> Iterator[str]:
    """The directories in it, once everything else is gone."""
    os.chmod(folder, 0o700)
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                yield entry.path
            else:
                os.unlink(entry.path)


def _brought_up(path: str, place: str) -> str:
    os.chmod(path, 0o700)  # to move a directory is to write in it
    os.rename(path, place)
    return place

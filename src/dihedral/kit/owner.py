"""As whom the embedded PostgreSQL runs. It refuses to run as root, so root lends it a user.

That user must be able to pass the directories above its data and its programs. Where it cannot,
that one user is given search permission on that one directory by an access control list; nobody
else gets anything, and nothing becomes readable.
"""

import os
import pwd
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

_NAMES = ("postgres", "nobody")
_ACL = "system.posix_acl_access"
_HEAD = struct.Struct("<I")
_ENTRY = struct.Struct("<HHI")  # tag, permissions, id: linux/posix_acl_xattr.h, version 2
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 1, 2, 4, 0x10, 0x20
_NOBODY = 0xFFFFFFFF
_SEARCH = 1


@dataclass(frozen=True, slots=True)
class Owner:
    uid: int
    gid: int
    name: str

    @property
    def other(self) -> bool:
        """It is not the user that we run as."""
        return self.uid != os.geteuid()


class NoOwner(Exception):
    """Nobody can run the server here."""


def choose(data: Path) -> Owner:
    """Whose `data` is or will be. Raises NoOwner if it is somebody's for whom we cannot act."""
    here = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if here not in (None, os.geteuid()):
            raise NoOwner(
                f"{data} belongs to user {_name(here)}, and this program runs as"
                f" {_name(os.geteuid())}; run it as {_name(here)}, or use another directory"
            )
        return Owner(os.geteuid(), os.getegid(), _name(os.geteuid()))
    for entry in pwd.getpwall():
        if here and entry.pw_uid == here:
            return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)
    for name in _NAMES:
        for entry in pwd.getpwall():
            if entry.pw_name == name:
                return Owner(entry.pw_uid, entry.pw_gid, name)
    raise NoOwner(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it;"
        " make one with `useradd --system postgres`, or start this program as another user"
    )


def give(path: Path, owner: Owner, mode: int) -> Path:
    """`path` with exactly `mode`, the owner's."""
    if owner.other:
        os.chown(path, owner.uid, owner.gid)
    path.chmod(mode)
    return path


def let_through(path: Path, owner: Owner) -> None:
    """Makes every directory above `path` passable for the owner. Raises NoOwner."""
    if not owner.other:
        return
    for above in reversed(path.resolve().parents):
        if not _passable(above.stat(), owner):
            _let_search(above, owner)


def _passable(status: os.stat_result, owner: Owner) -> bool:
    if status.st_uid == owner.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _let_search(directory: Path, owner: Owner) -> None:
    try:
        entries = _entries(directory)
        os.setxattr(directory, _ACL, _packed(_with_search(entries, owner.uid)))
    except (OSError, AttributeError) as cause:  # no such lists on this file system or platform
        raise NoOwner(
            f"PostgreSQL does not run as root, so it runs as `{owner.name}`, who may not pass"
            f" {directory}: allow it with `chmod o+x {directory}`, or use another directory"
        ) from cause


def _entries(directory: Path) -> dict[tuple[int, int], int]:
    """Permissions by (tag, id): the directory's list, or its mode as one."""
    try:
        raw = os.getxattr(directory, _ACL)
    except OSError:
        mode = directory.stat().st_mode
        return {
            (_USER_OBJ, _NOBODY): mode >> 6 & 7,
            (_GROUP_OBJ, _NOBODY): mode >> 3 & 7,
            (_MASK, _NOBODY): mode >> 3 & 7,
            (_OTHER, _NOBODY): mode & 7,
        }
    return {(tag, who): may for tag, may, who in _ENTRY.iter_unpack(raw[_HEAD.size :])}


def _with_search(entries: dict[tuple[int, int], int], uid: int) -> dict[tuple[int, int], int]:
    mask = entries.get((_MASK, _NOBODY), entries[_GROUP_OBJ, _NOBODY])
    return {
        **entries,
        (_USER, uid): entries.get((_USER, uid), 0) | _SEARCH,
        (_MASK, _NOBODY): mask | _SEARCH,
    }


def _packed(entries: dict[tuple[int, int], int]) -> bytes:
    """The kernel wants them by tag, then by id."""
    rows = [_ENTRY.pack(tag, may, who) for (tag, who), may in sorted(entries.items())]
    return _HEAD.pack(2) + b"".join(rows)


def _name(uid: int | None) -> str:
    return next((e.pw_name for e in pwd.getpwall() if e.pw_uid == uid), str(uid))

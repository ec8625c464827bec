"""The kernel's own calls that Python has no names for (some have one since 3.12).

Source  mount(2), mount_setattr(2), pivot_root(2), unshare(2), setns(2), prctl(2), capset(2)
"""

import fcntl
import os
import struct

TYPE_CHECKING = False  # typing itself is not needed, and not quick

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8
_SETATTR = 442  # the same number on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_RECURSIVE, _AT_FDCWD = 0x8000, -100
_SET_PDEATHSIG, _SET_SECCOMP, _CAPBSET_DROP = 1, 22, 24
_SET_SUBREAPER, _SET_NO_NEW_PRIVS, _AMBIENT, _AMBIENT_CLEAR = 36, 38, 47, 4
_CAP_VERSION = 0x20080522
_SIOCSIFFLAGS, _UP = 0x8914, 1

_GET_USERNS = 0xB701

if TYPE_CHECKING:
    from ctypes import CDLL

_loaded: "list[CDLL]" = []


def _libc() -> "CDLL":
    """Loaded when it is first needed: beside bubblewrap it often is not."""
    if not _loaded:
        import ctypes  # noqa: PLC0415

        _loaded.append(ctypes.CDLL(None, use_errno=True))
    return _loaded[0]


def _demand(done: int, what: str) -> None:
    if done < 0:
        import ctypes  # noqa: PLC0415

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    _demand(_libc().unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    _demand(_libc().setns(fd, kind), "setns")


def join_network(process: int) -> None:
    """Of another process that we have caged. It may have gone on into a user namespace further
    in; only in the one that owns the network may we go there."""
    network = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
    setns(fcntl.ioctl(network, _GET_USERNS), NEWUSER)
    setns(network, NEWNET)


def limit_numbers(process: int, most: int) -> None:
    """No number beyond `most` for a process or thread in the namespace of `process`, whoever asks.

    Only for Linux 6.14 or newer: before that the setting is the whole machine's.
    """
    child = os.fork()
    if child == 0:
        try:
            space = os.open(f"/proc/{process}/ns/pid", os.O_RDONLY)
            setns(fcntl.ioctl(space, _GET_USERNS), NEWUSER)
            setns(space, NEWPID)
            if os.fork() == 0:  # only a child is in the namespace
                write("/proc/sys/kernel/pid_max", str(most))
                os._exit(0)
            os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise OSError("the number of processes cannot be limited")


def write(path: str, text: str) -> None:
    """To a file of the kernel's, all at once."""
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    words = (source.encode(), target.encode(), kind.encode() if kind else None)
    _demand(_libc().mount(*words, flags, data.encode()), f"mount {source or kind} on {target}")


def set_attributes(target: str, attributes: int, *, recursive: bool = True) -> None:
    """Adds `attributes` to a mount and, unless told otherwise, to all that is mounted below."""
    wanted = struct.pack("<QQQQ", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    done = _libc().syscall(_SETATTR, _AT_FDCWD, target.encode(), flags, wanted, len(wanted))
    _demand(done, f"mount_setattr {target}")


def unmount(target: str) -> None:
    _demand(_libc().umount2(target.encode(), DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    number = _PIVOT_ROOT[os.uname().machine]
    _demand(_libc().syscall(number, new.encode(), old.encode()), f"pivot_root {new}")


def die_with_parent() -> None:
    _prctl(_SET_PDEATHSIG, 9)


def adopt_orphans() -> None:
    _prctl(_SET_SUBREAPER, 1)


def no_new_privileges() -> None:
    _prctl(_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """All of them, also from the set that bounds what a program may ever gain."""
    last = 63
    for capability in range(last + 1):
        if _libc().prctl(_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # the kernel knows no more
    _libc().prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    head, none = struct.pack("<Ii", _CAP_VERSION, 0), bytes(24)
    _demand(_libc().capset(head, none), "capset")


def filter_calls(program: bytes) -> None:
    """Install a filter made by `seccomp.program`. Needs `no_new_privileges` first."""
    import ctypes  # noqa: PLC0415

    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    _demand(_libc().prctl(_SET_SECCOMP, 2, head, 0, 0), "seccomp")


def set_hostname(name: str) -> None:
    _demand(_libc().sethostname(name.encode(), len(name)), "sethostname")


def raise_loopback(fd: int) -> None:
    """127.0.0.1, up in the network namespace of the socket `fd`."""
    fcntl.ioctl(fd, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP))


def _prctl(option: int, value: int) -> None:
    _demand(_libc().prctl(option, value, 0, 0, 0), "prctl")

"""A cage by bubblewrap, which Debian, Fedora and the rest have tested for us.

Source  bwrap(1) 0.8: --info-fd tells who is process 1 within, --block-fd holds the program back
"""

import os

from dihedral.kit.cage import kernel
from dihedral.kit.cage.order import UNFIT, Order
from dihedral.kit.cage.room import USER, normal_signals

_SPACES = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
    "--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--cap-drop", "ALL",
    "--uid", str(USER), "--gid", str(USER), "--hostname", "cage",
)  # fmt: skip
_KINDS = {"ro": "--ro-bind", "rw": "--bind", "dev": "--dev-bind", "link": "--symlink"}


def start(order: Order, env: dict[str, str]) -> tuple[int, int, int]:
    """Whom to wait for, who is init, and where to write one byte to let the program begin.

    Raises OSError when it does not come so far; it has said on stderr why.
    """
    told, tell = os.pipe()
    waits, go = os.pipe()
    child = os.fork()
    if child == 0:
        _become(order, env, tell, waits)
    os.close(tell)
    os.close(waits)
    kernel.adopt_orphans()  # init is bubblewrap's child, and shall be ours to bury
    with os.fdopen(told, "rb") as file:
        said = file.read().decode()
    number = said.partition('"child-pid":')[2].partition(",")[0].strip()
    if not number.isdecimal():
        os.waitpid(child, 0)
        raise OSError("bubblewrap could not make it")
    return child, int(number), go


def _become(order: Order, env: dict[str, str], tell: int, waits: int) -> None:
    try:
        fds = ["--info-fd", str(tell), "--block-fd", str(waits)]
        if order.seccomp:
            rules = _file(order.seccomp)
            fds += ["--seccomp", str(rules)]
            os.set_inheritable(rules, True)
        for fd in (tell, waits):
            os.set_inheritable(fd, True)
        normal_signals()
        words = [order.bwrap, *_SPACES, *fds, *_mounts(order), "--chdir", order.cwd, "--"]
        os.execve(order.bwrap, [*words, *order.words], env)  # noqa: S606
    finally:
        os._exit(UNFIT)


def _mounts(order: Order) -> list[str]:
    words: list[str] = []
    for kind, what, where in order.mounts:
        if kind == "tmp":
            words += ["--perms", "1777", "--size", what, "--tmpfs", where]
        else:
            words += [_KINDS[kind], what, where]
    # bubblewrap leaves the kernel's settings writable to whoever is root outside
    return [*words, "--proc", "/proc", "--remount-ro", "/proc", "--remount-ro", "/"]


def _file(data: bytes) -> int:
    """A pipe that holds `data`, which is far less than a pipe takes."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return reader

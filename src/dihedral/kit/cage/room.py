"""A cage by the kernel's own calls, as any user may make one.

Shape   we ── first ── init (process 1 within) ── the program
        The first child makes the namespaces and ends; we adopt init, which builds the root, waits
        for our word, starts the program, buries who dies, and ends with it. When init dies the
        kernel kills all that is left.
"""

import _signal  # type: ignore[import-not-found]  # `signal` takes as long to import as all the rest
import errno
import os

from dihedral.kit.cage import kernel
from dihedral.kit.cage.order import SAID, UNFIT, Order

USER = 1000  # who the program believes to be; outside it is who we are
BASE, OLD, NEW = "/tmp", "/oldroot", "/newroot"  # noqa: S108  any directory that is always there
TINY = "mode=755,size=1m"
_ALL = (
    kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | kernel.NEWNET | kernel.NEWIPC
    | kernel.NEWUTS | kernel.NEWCGROUP
)  # fmt: skip
_STILL = kernel.ATTR_NOSUID | kernel.ATTR_NODEV


def start(order: Order, env: dict[str, str]) -> tuple[int, int, int]:
    """Whom to wait for, who is init, and where to write one byte to let the program begin.

    Raises OSError with what the kernel refused.
    """
    kernel.adopt_orphans()
    told, tell = os.pipe()
    waits, go = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(told)
        os.close(go)
        _first(order, env, tell, waits)
    os.close(tell)
    os.close(waits)
    os.waitpid(first, 0)
    with os.fdopen(told, "rb") as file:
        said = dict(line.split(" ", 1) for line in file.read().decode().splitlines())
    if "ready" not in said:
        raise OSError(said.get("refused", "init died"))
    init = int(said["init"])
    return init, init, go


def _first(order: Order, env: dict[str, str], tell: int, waits: int) -> None:
    code = UNFIT
    try:
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(_ALL)
        kernel.write("/proc/self/setgroups", "deny")
        kernel.write("/proc/self/uid_map", f"{USER} {user} 1")
        kernel.write("/proc/self/gid_map", f"{USER} {group} 1")
        init = os.fork()
        if init == 0:
            _init(order, env, tell, waits)
        os.write(tell, f"init {init}\n".encode())
        code = 0
    except OSError as cause:
        os.write(tell, f"refused {said(cause)}\n".encode())
    finally:
        os._exit(code)


def _init(order: Order, env: dict[str, str], tell: int, waits: int) -> None:
    code = UNFIT
    try:
        _let_go({tell, waits})
        _settle(order)
        os.write(tell, b"ready \n")
        os.close(tell)
        begin = os.read(waits, 1)
        os.close(waits)
        if begin:
            kernel.die_with_parent()
            code = _bury(_begin(order, env))
    except (OSError, KeyError) as cause:
        os.write(tell, f"refused {said(cause)}\n".encode())
    finally:
        os._exit(code)


def _let_go(kept: set[int]) -> None:
    """What is the launcher's own, such as its bell: the program can open in /proc what we hold."""
    _signal.set_wakeup_fd(-1)
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            if number not in kept and not os.get_inheritable(number):
                os.close(number)
        except OSError:
            pass  # it listed them


def _settle(order: Order) -> None:
    kernel.set_hostname("cage")
    kernel.write("/proc/sys/user/max_user_namespaces", "0")
    _build(order)
    kernel.drop_capabilities()
    kernel.no_new_privileges()
    if order.seccomp:
        kernel.filter_calls(order.seccomp)


def _build(order: Order) -> None:
    """The root: empty, then what the order shows, then nothing of it can be written but what the
    order says. All of the host is under /oldroot until it is let go."""
    kernel.mount("", "/", None, kernel.REC | kernel.PRIVATE)
    kernel.mount("tmpfs", BASE, "tmpfs", kernel.NOSUID | kernel.NODEV, TINY)
    for name in (OLD, NEW):
        os.mkdir(BASE + name)
    kernel.pivot_root(BASE, BASE + OLD)
    os.chdir("/")
    kernel.mount("tmpfs", NEW, "tmpfs", kernel.NOSUID | kernel.NODEV, TINY)
    for kind, what, where in order.mounts:
        _show(kind, what, NEW + where)
    os.makedirs(NEW + "/proc", exist_ok=True)
    hidden = kernel.NOSUID | kernel.NODEV | kernel.NOEXEC
    kernel.mount("proc", NEW + "/proc", "proc", hidden, "subset=pid")
    for where in (NEW + "/proc", NEW):
        kernel.set_attributes(where, kernel.ATTR_RDONLY, recursive=False)
    kernel.unmount(OLD)
    os.chdir(NEW)
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")


def _show(kind: str, what: str, where: str) -> None:
    if kind == "link":
        os.makedirs(os.path.dirname(where), exist_ok=True)
        os.symlink(what, where)
    elif kind == "tmp":
        os.makedirs(where, exist_ok=True)
        sized = f"mode=1777,size={what}"
        kernel.mount("tmpfs", where, "tmpfs", kernel.NOSUID | kernel.NODEV, sized)
    else:
        _place(OLD + what, where)
        kernel.mount(OLD + what, where, None, kernel.BIND | kernel.REC)
        kernel.set_attributes(where, _ATTRIBUTES[kind])


_ATTRIBUTES = {
    "ro": _STILL | kernel.ATTR_RDONLY,
    "rw": _STILL,
    "dev": kernel.ATTR_NOSUID | kernel.ATTR_NOEXEC,
}


def _place(source: str, where: str) -> None:
    if os.path.lexists(where):
        return
    if os.path.isdir(source):
        os.makedirs(where, exist_ok=True)
        return
    os.makedirs(os.path.dirname(where), exist_ok=True)
    os.close(os.open(where, os.O_CREAT | os.O_WRONLY, 0o644))


def _begin(order: Order, env: dict[str, str]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        normal_signals()
        os.chdir(order.cwd)
        os.execve(order.words[0], order.words, env)  # noqa: S606
    except OSError as cause:
        os.write(2, f"{SAID}{order.words[0]} cannot be started: {cause.strerror}\n".encode())
    finally:
        os._exit(UNFIT)


def _bury(program: int) -> int:
    """As `init` must: whoever has died. The exit code once it is the program."""
    while True:
        dead, status = os.wait()
        if dead == program:
            return code_of(status)


def code_of(status: int) -> int:
    """As a shell has it: 128 and the signal."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def normal_signals() -> None:
    """Python ignores some, and what is ignored stays so in the program."""
    for name in ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGTERM", "SIGCHLD"):
        _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
    _signal.set_wakeup_fd(-1)


def said(cause: Exception) -> str:
    """An error in words; of namespaces this one means something else than what it says."""
    if not isinstance(cause, OSError) or cause.strerror is None:
        return str(cause)
    full = cause.errno == errno.ENOSPC and cause.filename == "unshare"
    why = "no more namespaces may be made" if full else cause.strerror
    return f"{cause.filename}: {why}" if cause.filename else why

"""The launcher's work: a cage is started, kept, and buried.

Shape   we ── bubblewrap or `room` ── init ── the program
        We stay outside: we pass SIGINT and SIGTERM on, carry what may leave the cage, and look at
        what it uses. The cage dies with us. We end as the program did, or with a line on stderr
        and a code of our own (`order.ENDED`, `order.UNFIT`).
"""

import _signal  # type: ignore[import-not-found]  # `signal` takes as long to import as all the rest
import os
import resource
import select
import time

from dihedral.kit.cage import forward, gauge, kernel, order, room, wrap

_LIMITS = {
    "memory": resource.RLIMIT_DATA,  # of one process; all together are measured
    "files": resource.RLIMIT_NOFILE,
    "disk": resource.RLIMIT_FSIZE,  # of one file
    "processes": resource.RLIMIT_NPROC,
}
SPARE = 64  # processes beyond the limit that may start, until who looks ends them all
LEAST = 301  # process numbers; the kernel allows no smaller limit
_NUMBERED = (6, 14)  # since which each namespace has a largest process number of its own
_COUNTED = (5, 14)  # since which a user's processes are counted in each namespace of its own


def main(words: list[str]) -> int:
    try:
        asked = order.parse(words)
    except (ValueError, IndexError) as cause:
        return _unfit(f"this is no order: {cause}")
    cut = len(order.ENV)
    env = {name[cut:]: value for name, value in os.environ.items() if name.startswith(order.ENV)}
    bell = _bell()
    _first_in_line()
    try:
        child, init, go = (wrap if asked.bwrap else room).start(asked, env)
    except OSError as cause:
        return _unfit(f"the kernel refuses: {room.said(cause)}")
    try:
        _limit(init, asked.limits)
        if os.geteuid() == 0 and _release() >= _NUMBERED:
            kernel.limit_numbers(init, max(asked.limits.get("processes", 0) + SPARE, LEAST))
        doors = forward.listen(init, asked.forwards, up=bool(asked.bwrap))
        os.write(go, b"x")
    except OSError as cause:
        _kill(init)
        return _unfit(f"it could not be made ready: {room.said(cause)}")
    return Keeper(child, init, gauge.Gauge(asked, init)).keep(bell, doors)


class Keeper:
    """Waits for the program, and for all that may happen meanwhile."""

    __slots__ = ("_child", "_gauge", "_init", "_why")

    def __init__(self, child: int, init: int, meter: gauge.Gauge) -> None:
        self._child = child
        self._init = init
        self._gauge = meter
        self._why = ""

    def keep(self, bell: int, doors: list[tuple[int, str]]) -> int:
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        relay = forward.Relay(doors, poll)
        due = time.monotonic() + gauge.OFTEN
        while True:
            for fd, event in poll.poll(max(0.0, due - time.monotonic()) * 1000):
                if fd != bell:
                    relay.turn(fd, event)
                elif (status := self._rung(bell)) is not None:
                    return self._over(status)
            if time.monotonic() >= due:
                self._look()
                due = time.monotonic() + gauge.OFTEN

    def _rung(self, bell: int) -> int | None:
        """Signals: passed on, or the end."""
        try:
            numbers = os.read(bell, 64)
        except BlockingIOError:
            numbers = b""
        for number in numbers:
            if number in (_signal.SIGINT, _signal.SIGTERM):
                _pass_on(self._init, number)
        while True:
            try:
                dead, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return order.UNFIT << 8
            if dead == self._child:
                return status
            if not dead:
                return None

    def _look(self) -> None:
        began = time.monotonic()
        self._why = self._why or self._gauge.look(began)
        self._gauge.again(began, time.monotonic())
        if self._why:
            _kill(self._init)

    def _over(self, status: int) -> int:
        """Nobody of the cage is left when we end: init goes last, and takes all with it."""
        if self._child != self._init:
            _kill(self._init)
            _bury(self._init)
        code = room.code_of(status)
        why = self._why or (self._gauge.disk([]) if code else "")
        if why:
            os.write(2, f"{order.SAID}{why}\n".encode())
            return order.ENDED
        if code > 128:
            _die_of(code - 128)
        return code


def _first_in_line() -> None:
    """As root we need not queue for a processor behind the thousands that a caged program may
    start: its processes are not bounded by a limit of root's."""
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(1))
    except OSError:
        return  # not root, or not in this container


def _bell() -> int:
    """A descriptor that says the number of each signal as it comes."""
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    _signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGCHLD):
        _signal.signal(number, lambda *_: None)
    return reader


def _limit(init: int, limits: dict[str, int]) -> None:
    """For init, and so for all that come from it."""
    for name, most in limits.items():
        if name != "processes" or _release() >= _COUNTED:
            _, hard = resource.prlimit(init, _LIMITS[name])
            most += SPARE if name == "processes" else 0
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(init, _LIMITS[name], (most, most))
    resource.prlimit(init, resource.RLIMIT_CORE, (0, 0))


def _release() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def _pass_on(init: int, number: int) -> None:
    """To the program, which is init's eldest child; before there is one, that is the end."""
    try:
        with open(f"/proc/{init}/task/{init}/children", encoding="ascii") as file:
            children = file.read().split()
        os.kill(int(children[0]) if children else init, number if children else _signal.SIGKILL)
    except (OSError, ValueError):
        pass  # it has just ended


def _kill(init: int) -> None:
    try:
        os.kill(init, _signal.SIGKILL)
    except ProcessLookupError:
        return  # it was faster


def _bury(init: int) -> None:
    try:
        os.waitpid(init, 0)
    except ChildProcessError:
        return  # it was faster, and has been waited for


def _die_of(number: int) -> None:
    _signal.signal(number, _signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)


def _unfit(why: str) -> int:
    os.write(2, f"{order.SAID}{why}\n".encode())
    return order.UNFIT

"""What can be reached from within: ports on the cage's own 127.0.0.1, each to one place outside.

The listening sockets are made within the cage's network and handed out to us; what they accept we
carry on ourselves. So nothing of the host's network, and no socket of its files, is in the cage.
"""

import _socket
import errno
import os
import select
import struct
import time

from dihedral.kit.cage import kernel

CHUNK = 1 << 16
WAITING = 128  # connections that wait to be accepted
TRIES, MOMENT = 2000, 0.001  # seconds
_LIVE = select.POLLIN | select.POLLHUP | select.POLLERR


def listen(init: int, forwards: list[tuple[int, str]], *, up: bool) -> list[tuple[int, str]]:
    """File descriptors that listen in the network of `init`, with where each leads. Unless its
    loopback is `up`, or somebody is about to see to that, it is raised here.

    Raises OSError when they cannot be had.
    """
    if not forwards:
        return []
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    child = os.fork()
    if child == 0:
        _hand_over(theirs, init, [port for port, _ in forwards], up)
    theirs.close()
    room = 4 * len(forwards)
    said, control, _, _ = ours.recvmsg(200, _socket.CMSG_SPACE(room))
    ours.close()
    os.waitpid(child, 0)
    if not control:
        raise OSError(said.decode() or "no listening socket")
    fds = struct.unpack(f"{len(forwards)}i", control[0][2][:room])
    return [(fd, place) for fd, (_, place) in zip(fds, forwards, strict=True)]


def _hand_over(door: _socket.socket, init: int, ports: list[int], up: bool) -> None:
    try:
        kernel.join_network(init)
        sockets = [_socket.socket(_socket.AF_INET, _socket.SOCK_STREAM) for _ in ports]
        if not up:
            kernel.raise_loopback(sockets[0].fileno())
        for one, port in zip(sockets, ports, strict=True):
            _bind(one, port)
            one.listen(WAITING)
        fds = struct.pack(f"{len(ports)}i", *(one.fileno() for one in sockets))
        door.sendmsg([b"x"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fds)])
    except OSError as cause:
        door.send(str(cause).encode())
    finally:
        os._exit(0)


def _bind(one: _socket.socket, port: int) -> None:
    """Waits for the address: raising it while bubblewrap does would make that fail."""
    for left in reversed(range(TRIES)):
        try:
            return one.bind(("127.0.0.1", port))
        except OSError as cause:
            if cause.errno != errno.EADDRNOTAVAIL or not left:
                raise
            time.sleep(MOMENT)


class End:
    """One side of a connection. `out` waits to be written to it; `shut` says no more will come."""

    __slots__ = ("other", "out", "over", "shut", "socket")

    def __init__(self, socket: _socket.socket) -> None:
        self.socket = socket
        self.out = b""
        self.over = False  # it has nothing more to say
        self.shut = False
        self.other = self


class Relay:
    """Carries bytes when asked to; `poll` is shared with whoever waits for other things too."""

    def __init__(self, listeners: list[tuple[int, str]], poll: select.poll) -> None:
        self._places = dict(listeners)
        self._ends: dict[int, End] = {}
        self._poll = poll
        for fd in self._places:
            os.set_blocking(fd, False)
            poll.register(fd, select.POLLIN)

    def turn(self, fd: int, event: int) -> None:
        """What `poll` said of a descriptor; those of others are left alone."""
        if fd in self._places:
            self._accept(fd)
        elif fd in self._ends:
            self._carry(self._ends[fd], event)

    def _accept(self, fd: int) -> None:
        door = _socket.socket(fileno=os.dup(fd))
        try:
            accepted, _ = door._accept()  # type: ignore[attr-defined]  # what socket.accept calls
            within = End(_socket.socket(fileno=accepted))
            _at_once(within.socket)
        except OSError:
            return
        finally:
            door.close()
        try:
            without = End(_reach(self._places[fd]))
        except OSError:
            within.socket.close()
            return
        within.other, without.other = without, within
        for end in (within, without):
            end.socket.setblocking(False)
            self._ends[end.socket.fileno()] = end
            self._poll.register(end.socket.fileno(), select.POLLIN)

    def _carry(self, end: End, event: int) -> None:
        try:
            if event & select.POLLOUT:
                self._write(end)
            if event & _LIVE and not end.over and not end.other.out:
                data = end.socket.recv(CHUNK)
                end.over = not data
                end.other.out = data
                self._write(end.other)
            elif event & (select.POLLHUP | select.POLLERR) and end.over:
                raise OSError("it is gone")
        except BlockingIOError:
            pass
        except OSError:
            self._close(end)
            return
        self._wait(end)
        self._wait(end.other)
        if end.over and end.other.over and not end.out and not end.other.out:
            self._close(end)

    def _write(self, end: End) -> None:
        try:
            if end.out:
                end.out = end.out[end.socket.send(end.out) :]
        except BlockingIOError:
            return
        if end.other.over and not end.out and not end.shut:
            end.shut = True
            end.socket.shutdown(_socket.SHUT_WR)

    def _wait(self, end: End) -> None:
        wanted = select.POLLIN if not end.over and not end.other.out else 0
        self._poll.modify(end.socket.fileno(), wanted | (select.POLLOUT if end.out else 0))

    def _close(self, end: End) -> None:
        for one in (end, end.other):
            number = one.socket.fileno()
            if number >= 0:
                self._poll.unregister(number)
                del self._ends[number]
                one.socket.close()


def _reach(place: str) -> _socket.socket:
    kind, _, where = place.partition(":")
    if kind == "tcp":
        made = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        made.connect(("127.0.0.1", int(where)))
        _at_once(made)
        return made
    folder, name = os.path.split(where)
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # a socket's own path is short
    try:
        made = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        made.connect(f"/proc/self/fd/{here}/{name}")
        return made
    finally:
        os.close(here)


def _at_once(socket: _socket.socket) -> None:
    """Small messages are not held back for more: that would cost each answer a 25th of a second."""
    socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)

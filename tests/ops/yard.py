"""A place with what is no business of a configuration's, and with what tells if it was touched."""

import hashlib
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

KEY, STATE, VARIABLE = ("canary-key-5d1e7c", "canary-state-a90b21", "canary-variable-77f3e4")
NAME = "DIHEDRAL_CANARY"
MOST = 1 << 20  # bytes of a file that are looked through
LEFT = "hostile-was-here"  # the name of all files that are made outside
ABROAD = ("/", "/etc", "/etc/cron.d", "/usr", "/usr/bin", "/tmp", "/var/tmp", "/dev", "/dev/shm")


@dataclass(frozen=True, slots=True)
class Yard:
    """`run` is where a run's directory is made. The doors listen, and nobody is let in."""

    place: Path
    tcp: socket.socket | None = None
    udp: socket.socket | None = None
    path: socket.socket | None = None
    abstract: socket.socket | None = None

    @property
    def run(self) -> Path:
        return self.place / "run"

    def named(self, text: bytes) -> bytes:
        """A file of a case, with what stands here in the place of its words."""
        words = {
            "KEY": str(self.place / "key"),
            "OTHER": str(self.place / "other-run"),
            "PLACE": str(self.place),
            "PORT": str(_port(self.tcp)),
            "UDP": str(_port(self.udp)),
            "SOCKET": str(self.place / "door"),
            "ABSTRACT": _abstract(),
            "AKIA": "AKIA" + "ABCDEFGHIJKLMNOP",
        }
        for word, value in words.items():
            text = text.replace(f"__{word}__".encode(), value.encode())
        return text

    def seen(self) -> Mapping[str, str]:
        """Every file that a run has no business to change, by what it holds."""
        return dict(self._seen())

    def _seen(self) -> Iterator[tuple[str, str]]:
        known = (path for top in self.place.iterdir() if top != self.run for path in _whole(top))
        for path in known:
            hashed = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            yield str(path), f"{path.lstat().st_mode} {path.lstat().st_nlink} {hashed}"

    def touched(self, before: Mapping[str, str]) -> Iterator[str]:
        now = self.seen()
        for path in sorted(before.keys() ^ now.keys()):
            yield f"{path} came or went"
        yield from (f"{p} was changed" for p in before.keys() & now.keys() if before[p] != now[p])
        for folder in (*ABROAD, str(Path.home())):
            if os.path.lexists(Path(folder, LEFT)):
                yield f"{LEFT} was made in {folder}"

    def found_in(self, texts: Iterable[bytes]) -> Iterator[str]:
        for canary in (KEY, STATE, VARIABLE):
            if any(canary.encode() in text for text in texts):
                yield canary

    def reached(self) -> Iterator[str]:
        """The doors that somebody has come to."""
        for name, door in (("tcp", self.tcp), ("path", self.path), ("abstract", self.abstract)):
            try:
                assert door
                door.accept()[0].close()
                yield f"the {name} socket was reached"
            except BlockingIOError:
                continue
        try:
            assert self.udp
            self.udp.recv(100)
            yield "the udp socket was reached"
        except BlockingIOError:
            return


ANYWHERE = Yard(Path("/srv/dihedral"))


def _whole(top: Path) -> list[Path]:
    return [top, *sorted(top.rglob("*"))]


def left(top: Path) -> Iterator[bytes]:
    """What every file below holds, as far down as paths go."""
    todo = [top]
    while todo:
        with suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path).read_bytes()[:MOST]


def _port(door: socket.socket | None) -> int:
    return int(door.getsockname()[1]) if door else 5432


def _abstract() -> str:
    return f"dihedral-hostile-{os.getpid()}"


@contextmanager
def opened(place: Path) -> Iterator[Yard]:
    """In a directory of one's own."""
    other = place / "other-run"
    (other / "config").mkdir(parents=True)
    (place / "key").write_text(f"{KEY}\n")
    outputs = f'{{"found": {{"value": "{STATE}", "type": "string"}}}}'
    state = f'{{"version": 4, "serial": 1, "lineage": "x", "outputs": {outputs}}}\n'
    (other / "terraform.tfstate").write_text(state)
    (other / "variables.tfvars").write_text(f'word = "{STATE}"\n')
    (other / "config" / "main.tf").write_text(f'output "found" {{\n  value = "{STATE}"\n}}\n')
    os.environ[NAME] = VARIABLE
    with ExitStack() as stack:
        doors = [socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)]
        doors += [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        for door in doors:
            stack.enter_context(door)
            door.setblocking(False)
        doors[1].bind(("127.0.0.1", 0))
        doors[2].bind(str(place / "door"))
        doors[3].bind(f"\0{_abstract()}")
        for door in doors[2:]:
            door.listen()
        yield Yard(place, *doors)
    del os.environ[NAME]

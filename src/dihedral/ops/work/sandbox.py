"""The sandbox: Terraform, its providers and whatever they start, in a room with no doors.

A `Sandbox` is plain data, and `caged` turns a program into the one that runs it there. What is in
the room was put in by name: the program, the run's directory, three devices, an empty /tmp and a
/proc of its own; for a workspace with a cloud also the system's programs and certificates, and a
door to our proxy. There is nothing else, so nothing else can be read, written or reached.

Surprise: what a caged program may write is what a stranger wrote. Nothing outside follows a link
there (`kit.beneath`), and nothing that he may replace is ever mounted.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from dihedral.kit import process
from dihedral.kit.cage import order, seccomp
from dihedral.kit.process import Exit, Limits, Program
from dihedral.ops.work.workdir import Workdir, environment

LAUNCHER = Path(order.__file__).with_name("run.py")
ETC = Path(__file__).with_name("etc")
PORT = 3128  # of the proxy, within
DEVICES = ("null", "zero", "full", "random", "urandom")
SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store",
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted", "/etc/ld.so.cache", "/etc/alternatives",
)  # fmt: skip
MIB, GIB = 1 << 20, 1 << 30
PROXIED = {
    **dict.fromkeys(
        ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), f"http://127.0.0.1:{PORT}"
    ),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}
# Go looks for garbage whenever its heap has doubled, which Terraform's does many times while it
# starts: a fifth of a short command's work. So it looks at five times the size, or at half a room.
SELDOM = {"GOGC": "400"}
QUICK = Limits(seconds=120, grace=5)
REATTACH = "TF_REATTACH_PROVIDERS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """`kind` is `ro`, `rw` or `dev` for something of the host's; `link` for a symbolic link to
    `what`; `tmp` for an empty place in memory of `what` bytes."""

    kind: str
    what: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """For all that runs in the cage together; `files` for each process. Units: bytes, counts."""

    memory: int = 2 * GIB
    disk: int = 1 * GIB
    processes: int = 512
    files: int = 4096
    tmp: int = 64 * MIB


LARGE = Caps(memory=6 * GIB, disk=6 * GIB, processes=2048, files=8192, tmp=512 * MIB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What is in the room, in the order in which it is put there. `disks` are counted against
    `caps.disk`. `forwards` says where ports of the cage's own 127.0.0.1 lead, `tcp:PORT` of the
    host's 127.0.0.1 or `unix:PATH`. `env` names what of the program's environment passes."""

    mounts: tuple[Mount, ...]
    cwd: Path
    env: frozenset[str]
    disks: tuple[Path, ...] = ()
    forwards: Mapping[int, str] = field(default_factory=dict)
    caps: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class Cage:
    """How cages are made here: by the program `bwrap`, or, where it is empty, by the kernel."""

    name: str
    bwrap: str = ""


KERNEL = Cage("the kernel's own calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What stays the same for all commands of one step of a run.

    `cache` is the plugin cache and `proxy` the socket of the proxy; a simulated workspace has
    neither, and reaches nothing but the simulator.
    """

    work: Workdir
    tool: Path
    simulated: bool
    cage: Cage = KERNEL
    cache: Path | None = None
    proxy: Path | None = None
    caps: Caps | None = None

    @property
    def bounds(self) -> Caps:
        """What holds where nobody said `caps`."""
        return self.caps or (Caps() if self.simulated else LARGE)

    def enclose(self, program: Program, command: str) -> Program:
        """The Terraform command, caged."""
        program, ports = within(program)
        tool = str(self.tool.resolve())  # where a link leads there may be nothing in the room
        program = replace(program, words=[tool, *program.words[1:]])
        room = {"GOMEMLIMIT": str(self.bounds.memory // 2), **SELDOM}
        proxied = PROXIED if self.proxy else {}
        program = replace(program, env={**room, **program.env, **proxied})
        return caged(program, _sandbox(self, program, command, ports), self.cage)


async def command(
    room: Room,
    words: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    reattach: str = "",
    limits: Limits = QUICK,
) -> tuple[Exit, bytes]:
    """One Terraform command in a directory that `workdir.prepare` made, caged, with no database and
    no server: how it ended, and all of its stdout. `variables` are environment variables, and
    `reattach` the simulator's, from `Simulator.opened`."""
    env = environment(room.work, variables or {}, cache=room.cache, reattach=reattach)
    bare = Program(
        words=[str(room.tool), *words], cwd=room.work.config, env=env, lock=room.work.lock
    )
    return await process.capture(room.enclose(bare, words[0]), limits)


def caged(program: Program, sandbox: Sandbox, cage: Cage) -> Program:
    """The program that runs `program` in `sandbox`."""
    words = [sys.executable, "-I", "-S", str(LAUNCHER)]
    for mount in sandbox.mounts:
        words += [f"--{mount.kind}", mount.what, mount.where]
    for port, place in sandbox.forwards.items():
        words += ["--forward", str(port), place]
    for name in ("memory", "disk", "processes", "files"):
        words += ["--limit", name, str(getattr(sandbox.caps, name))]
    for disk in sandbox.disks:
        words += ["--disk", str(disk)]
    words += ["--cwd", str(sandbox.cwd), "--seccomp", seccomp.program(os.uname().machine).hex()]
    words += ["--bwrap", cage.bwrap] if cage.bwrap else []
    env = {order.ENV + k: v for k, v in program.env.items() if k in sandbox.env}
    return replace(program, words=[*words, "--", *program.words], env=env)


def within(program: Program) -> tuple[Program, tuple[int, ...]]:
    """The same as it is right within a cage, and the ports of the simulator that it needs there.
    Terraform asks whether its provider lives, and the simulator is nobody within: init is."""
    text = program.env.get(REATTACH, "")
    entries: dict[str, Any] = msgspec.json.decode(text) if text else {}
    known = {
        int(e["Addr"]["String"].rpartition(":")[2])
        for e in entries.values()
        if e["Addr"]["Network"] == "tcp"
    }
    env = {**program.env, "TMPDIR": "/tmp"}  # noqa: S108  its own
    if entries:
        env[REATTACH] = msgspec.json.encode(
            {name: {**entry, "Pid": 1} for name, entry in entries.items()}
        ).decode()
    return replace(program, env=env), tuple(sorted(known))


def system() -> tuple[Mount, ...]:
    """The programs and libraries of this host, as far as they hold no secrets."""
    found = [_seen(Path(path)) for path in SYSTEM if os.path.lexists(path)]
    ours = [Mount(kind="ro", what=str(p), where=f"/etc/{p.name}") for p in sorted(ETC.iterdir())]
    return (*found, *ours)


def devices() -> tuple[Mount, ...]:
    paths = (f"/dev/{name}" for name in DEVICES)
    links = [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")]
    return (
        *(Mount(kind="dev", what=path, where=path) for path in paths),
        *(Mount(kind="link", what=f"/proc/self/fd{n}", where=f"/dev/{name}") for name, n in links),
    )


def _sandbox(room: Room, program: Program, command: str, ports: tuple[int, ...]) -> Sandbox:
    env, forwards = set(program.env), {port: f"tcp:{port}" for port in ports}
    if room.proxy:
        forwards[PORT] = f"unix:{room.proxy}"
    whole = not room.simulated or not alone(room.tool)
    return Sandbox(
        mounts=(
            *(system() if whole else ()),
            *devices(),
            Mount(kind="tmp", what=str(room.bounds.tmp), where="/tmp"),  # noqa: S108
            _shown("ro", room.tool.resolve()),
            *_directory(room.work, command),
            *_cache(room.cache, command),
        ),
        cwd=program.cwd,
        env=frozenset(env),
        disks=(room.work.root, *((room.cache,) if room.cache else ())),
        forwards=forwards,
        caps=room.bounds,
    )


# what a command has to write beside the configuration's directory
_WRITES = frozenset({"init", "plan", "apply"})


def _directory(work: Workdir, command: str) -> tuple[Mount, ...]:
    """Only the configuration's part of it is ever writable, and the plan while it is made: so that
    all that we mount from it later is still ours."""
    shown = [("ro", work.root)]
    if command in _WRITES:
        shown.append(("rw", work.root / "config"))
    if command == "plan":
        work.plan.touch(mode=0o600)
        shown.append(("rw", work.plan))
    if command != "init":
        there = (work.lock_file, work.config / ".terraform")
        shown += [("ro", path) for path in there if _plain(work.root, path)]
    real = work.root.resolve()  # as a whole: what lies below it may be links of a stranger's
    return tuple(
        Mount(kind=kind, what=str(real / path.relative_to(work.root)), where=str(path))
        for kind, path in shown
    )


def _cache(cache: Path | None, command: str) -> tuple[Mount, ...]:
    """Written by `init` alone, so that no plan can change what a later run starts."""
    if cache is None:
        return ()
    kind = "rw" if command == "init" else "ro"
    return (Mount(kind=kind, what=str(cache.resolve()), where=str(cache)),)


def _shown(kind: str, path: Path) -> Mount:
    return Mount(kind=kind, what=str(path), where=str(path))


def _seen(path: Path) -> Mount:
    if path.is_symlink() and path.parent == Path("/"):
        return Mount(kind="link", what=str(path.readlink()), where=str(path))
    return Mount(kind="ro", what=str(path.resolve()), where=str(path))


def _plain(root: Path, path: Path) -> bool:
    """It is there, and no link leads to it."""
    above = [path, *(p for p in path.parents if p.is_relative_to(root) and p != root)]
    return path.exists() and not any(p.is_symlink() for p in above)


def alone(program: Path) -> bool:
    """Whether it is an ELF program that needs no other file to start."""
    with program.open("rb") as file:
        head = file.read(64)
        if head[:5] != b"\x7fELF\x02":
            return False
        at, size, count = (int.from_bytes(head[a:b], "little") for a, b in _HEADERS)
        file.seek(at)
        table = file.read(size * count)
    kinds = (int.from_bytes(table[n : n + 4], "little") for n in range(0, len(table), size))
    return _INTERPRETER not in kinds


_HEADERS = ((32, 40), (54, 56), (56, 58))  # e_phoff, e_phentsize, e_phnum
_INTERPRETER = 3  # PT_INTERP

"""Cages to try: each way of making one, for whoever we are and, where we are root, for nobody."""

import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from dihedral.kit import process
from dihedral.kit.process import Exit, Limits, Program
from dihedral.ops.work import sandbox
from dihedral.ops.work.sandbox import Cage, Caps, Mount, Sandbox

BWRAP = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
WAYS = {"kernel": sandbox.KERNEL} | ({"bubblewrap": Cage("bubblewrap", BWRAP)} if BWRAP else {})
USERS = ("us", "nobody") if os.geteuid() == 0 else ("us",)
NOBODY = 65534
AS_NOBODY = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
QUICK = Limits(seconds=30, grace=3)
SMALL = Caps(
    memory=96 * sandbox.MIB, disk=24 * sandbox.MIB, processes=40, files=64, tmp=16 * sandbox.MIB
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A directory `home` that the cage may write, and the Python that runs there."""

    cage: Cage
    user: str
    home: Path
    python: str
    launcher: Path

    @property
    def lock(self) -> Path:
        return self.home.parent / "lock"

    def room(self, *, caps: Caps = SMALL, forwards: dict[int, str] | None = None) -> Sandbox:
        prefix = str(Path(self.python).resolve().parents[1])
        return Sandbox(
            mounts=(
                *sandbox.system(),
                *([] if prefix == "/usr" else [Mount(kind="ro", what=prefix, where=prefix)]),
                *sandbox.devices(),
                Mount(kind="tmp", what=str(caps.tmp), where="/tmp"),
                Mount(kind="rw", what=str(self.home), where=str(self.home)),
            ),
            cwd=self.home,
            env=frozenset(["PATH", "GIVEN"]),
            disks=(self.home,),
            forwards=forwards or {},
            caps=caps,
        )

    def program(self, script: str, room: Sandbox) -> Program:
        env = {"PATH": "/usr/bin:/bin", "GIVEN": "given", "KEPT_BACK": "worker's secret"}
        bare = Program(
            words=[self.python, "-I", "-S", "-c", script], cwd=Path("/"), env=env, lock=self.lock
        )
        caged = sandbox.caged(bare, room, self.cage)
        words = [self.python, "-I", "-S", str(self.launcher), *caged.words[4:]]
        return replace(caged, words=[*(AS_NOBODY if self.user == "nobody" else []), *words])

    async def run(
        self,
        script: str,
        *,
        caps: Caps = SMALL,
        forwards: dict[int, str] | None = None,
        limits: Limits = QUICK,
        stop: anyio.Event | None = None,
    ) -> tuple[Exit, str]:
        """A Python script, caged; how it ended, and what it said."""
        program = self.program(script, self.room(caps=caps, forwards=forwards))
        ended, said = await process.capture(program, limits, stop)
        return ended, said.decode()


def cell(way: str, user: str, place: Path) -> Cell:
    """`place` may be passed by anyone, so that nobody finds what is his."""
    home = place / "home"
    home.mkdir()
    python, launcher = os.path.realpath(sys.executable), sandbox.LAUNCHER
    if user == "nobody":
        python, launcher = "/usr/bin/python3", _copied(place / "src")
        (place / "lock").touch()
        for path in (home, place / "lock"):
            os.chown(path, NOBODY, NOBODY)
    return Cell(WAYS[way], user, home, python, launcher)


def _copied(source: Path) -> Path:
    """The launcher where anyone can read it."""
    cage = sandbox.LAUNCHER.parent
    there = source / "dihedral" / "kit" / "cage"
    shutil.copytree(cage, there, ignore=shutil.ignore_patterns("__pycache__"))
    for package in (cage.parents[0], cage.parents[1]):
        name = package.relative_to(cage.parents[2])
        shutil.copy(package / "__init__.py", source / name / "__init__.py")
    return there / "run.py"

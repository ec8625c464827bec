"""The real parts that are measured: `dihedral up`, a kept-running simulator, Terraform."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dihedral
from bench import proc
from dihedral.control import discovery
from dihedral.control.cli.client import Client

CFG = Path(__file__).parent / "cfg"
SOURCE = str(Path(dihedral.__file__).parents[1])
START = 120.0  # seconds that a server may take to be up
Json = dict[str, Any]


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary directory; its path is short, for the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="dh-") as made:
        yield Path(made)


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would lead the programs elsewhere."""
    led = ("TF_", "AWS_", "DIHEDRAL", "DATABASE_URL")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(led)}
    ours = {"PYTHONPATH": SOURCE, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    return {**kept, **ours, **more}


@dataclass(frozen=True, slots=True)
class Up:
    """A server with its worker. `pids` are those that stay: itself and PostgreSQL's first."""

    data: Path
    process: "subprocess.Popen[bytes]"

    def client(self, actor: str = "ada") -> Client:
        return Client(discovery.find(self.data), actor)

    def pids(self) -> list[int]:
        found = self.data / "postgres" / "data" / "postmaster.pid"
        first = found.read_text().split()[0] if found.exists() else "0"
        return proc.tree(self.process.pid, int(first))


@contextmanager
def up(data: Path, **more: str) -> Iterator[Up]:
    """`dihedral up` over a data directory, until the block ends."""
    log = (data / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "dihedral", "up", "--port", "0"],
        env=environment(DIHEDRAL_DATA=str(data), **more),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(data, process)
        yield Up(data, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        log.close()


def _wait(data: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            discovery.find(data)
            return
        except discovery.NotRunning:
            time.sleep(0.02)
    raise RuntimeError(f"dihedral up did not start: {(data / 'up.log').read_text()}")


@dataclass(frozen=True, slots=True)
class Simulator:
    """Kept running; `opened` gives the value of TF_REATTACH_PROVIDERS for a directory."""

    process: "subprocess.Popen[str]"

    @contextmanager
    def opened(self, directory: Path) -> Iterator[str]:
        answer = self._ask({"open": {"id": str(directory), "directory": str(directory)}})
        try:
            yield json.dumps(answer["reattach"])
        finally:
            self._ask({"close": str(directory)})

    def _ask(self, request: Json) -> Json:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: Json = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


@contextmanager
def simulator(home: Path) -> Iterator[Simulator]:
    words = [sys.executable, "-m", "dihedral.simulator", "serve", "--home", str(home)]
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(
        words, env=environment(), stdin=pipe, stdout=pipe, stderr=none, text=True
    ) as process:
        yield Simulator(process)
        assert process.stdin
        process.stdin.close()
        process.wait(10)


def simulated(home: Path, *words: str) -> str:
    """One of the simulator's commands; what it says."""
    command = [sys.executable, "-m", "dihedral.simulator", *words, "--home", str(home)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def copied(name: str, into: Path) -> Path:
    """A fresh copy of one of the configurations in `cfg`."""
    return Path(shutil.copytree(CFG / name, Path(tempfile.mkdtemp(dir=into)) / name))


@dataclass(frozen=True, slots=True)
class Spent:
    wall: float
    cpu: float


class Watch:
    """Measures what a block takes: by the clock, and of CPU by processes that stay (with what
    ends under them) and by the children of this process that end meanwhile."""

    def __init__(self, pids: Sequence[int] = ()) -> None:
        self._pids = pids
        self.spent = Spent(0, 0)

    def __enter__(self) -> "Watch":
        self._busy, self._began = self._cpu(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.spent = Spent(time.perf_counter() - self._began, self._cpu() - self._busy)

    def _cpu(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return proc.cpu(self._pids) + ended.ru_utime + ended.ru_stime


def terraform(directory: Path, env: Mapping[str, str], *words: str) -> bytes:
    """What the real program says. Raises RuntimeError when it fails."""
    done = subprocess.run(["terraform", *words], cwd=directory, env=env, capture_output=True)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).decode())
    return done.stdout

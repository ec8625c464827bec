"""What the sandbox costs a command, each way of making one.

    python -m bench.cage [--rounds 31] [--json]

A program that does nothing, bare and caged as Terraform is for a simulated workspace, in turns.
Beside it the start of the Python that launches a cage, which is most of the cost.

Units   seconds by the clock, and of CPU with all its children.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from bench import parts, show
from dihedral.kit.process import Program
from dihedral.ops.work import cages, sandbox
from dihedral.ops.work.sandbox import Cage, Mount, Sandbox

NOTHING = ("/bin/true",)


def measure(rounds: int) -> dict[str, Any]:
    with parts.folder() as folder:
        programs: dict[str, Sequence[str]] = {
            "bare": NOTHING,
            "python": (sys.executable, "-I", "-S", "-c", "pass"),
            **{cage.name: _caged(cage, folder) for cage in _ways()},
        }
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
        for _ in range(rounds + 1):
            for name, words in programs.items():
                spent[name].append(_spent(words))
    return {
        name: {
            "wall": show.spread([wall for wall, _ in took[1:]]),
            "cpu": show.spread([cpu for _, cpu in took[1:]]),
        }
        for name, took in spent.items()
    }


def _ways() -> tuple[Cage, ...]:
    found = anyio.run(cages.find).cage
    return (sandbox.KERNEL, *([found] if found and found != sandbox.KERNEL else []))


def _caged(cage: Cage, folder: Path) -> Sequence[str]:
    bare = Program(words=NOTHING, cwd=folder, env={})
    room = Sandbox(
        mounts=(
            *sandbox.system(),
            *sandbox.devices(),
            Mount(kind="tmp", what=str(sandbox.MIB), where="/tmp"),
            Mount(kind="rw", what=str(folder), where=str(folder)),
        ),
        cwd=folder,
        env=frozenset(),
        disks=(folder,),
        forwards={9: "tcp:9"},
    )
    return sandbox.caged(bare, room, cage).words


def _spent(words: Sequence[str]) -> tuple[float, float]:
    cpu, began = _cpu(), time.perf_counter()
    subprocess.run(words, env={}, check=True)
    return time.perf_counter() - began, _cpu() - cpu


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rows(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(_said(what, took[what]) for what in took)) for name, took in found.items()
    ]


def _said(what: str, took: Mapping[str, float]) -> str:
    return f"{what} {1e3 * took['median']:.1f} ms (least {1e3 * took['min']:.1f})"


def main(words: list[str]) -> int:
    parser = show.parser("bench.cage", __doc__)
    parser.add_argument("--rounds", type=int, default=31)
    asked = parser.parse_args(words)
    found = measure(asked.rounds)
    show.show(found, _rows(found), as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How long a command takes to start: whole processes, against a Python that does nothing.

    python -m bench.start [--rounds 15] [--json]

Bytecode is compiled first, into a directory of its own. `run list` asks a server that is up.
With the heaviest imports of `dihedral --help`, by their own time, from `-X importtime`.
"""

import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import parts, show

AIM = 0.2  # seconds for --help
HEAVIEST = 10
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "python -c pass": ("-c", "pass"),
    "dihedral --help": ("-m", "dihedral", "--help"),
    "dihedral version": ("-m", "dihedral", "version"),
    "dihedral run list": ("-m", "dihedral", "run", "list"),
}
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)")


def measure(rounds: int) -> dict[str, Any]:
    with parts.folder() as folder:
        data = folder / "d"
        data.mkdir()
        env = _compiling(folder, DIHEDRAL_DATA=str(data))
        with parts.up(data):
            took = _rounds(rounds, env)
        imports = _imports(env)
    found: dict[str, Any] = {name: show.spread(times) for name, times in took.items()}
    return found | {"aim for --help": AIM, "heaviest imports": imports}


def _rounds(rounds: int, env: Mapping[str, str]) -> dict[str, list[float]]:
    """In turns, so that what else the machine does falls on all alike. The first turn compiles."""
    took: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, words in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *words], env=env, capture_output=True, check=True)
            if turn:
                took[name].append(time.perf_counter() - began)
    return took


def _compiling(folder: Path, **more: str) -> dict[str, str]:
    env = parts.environment(PYTHONPYCACHEPREFIX=str(folder / "bytecode"), **more)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def _imports(env: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds of each of the heaviest, without what they import in turn."""
    words = [sys.executable, "-X", "importtime", *COMMANDS["dihedral --help"]]
    told = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stderr
    found = {name: int(own) / 1000 for own, _, name in _IMPORT.findall(told)}
    return dict(sorted(found.items(), key=lambda one: -one[1])[:HEAVIEST])


def main(words: list[str]) -> int:
    parser = show.parser("bench.start", __doc__)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args(words)
    found = measure(asked.rounds)
    rows = [
        (name, f"{found[name]['median'] * 1000:.0f} ms (at best {found[name]['min'] * 1000:.0f})")
        for name in COMMANDS
    ]
    heaviest = ", ".join(f"{name} {ms:.1f}" for name, ms in found["heaviest imports"].items())
    rows += [("aim for --help", f"{AIM * 1000:.0f} ms"), ("heaviest imports, ms", heaviest)]
    show.show(found, rows, as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

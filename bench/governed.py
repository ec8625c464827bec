"""What governing costs: a run through `dihedral up`, against Terraform by hand.

    python -m bench.governed [--rounds 7] [--json]

Both do the same with the same ten AWS resources and the same simulator, kept running, in
alternating pairs. Governed: proposed over HTTP, planned, judged, approved, applied, and its end
heard of, by one client that follows the log as the command line does. By hand: `init`, `plan`,
`show -json`, `apply`; once more with the simulator as an ordinary installed provider. The first
pair only warms up.

Units   seconds by the clock and of CPU; the ratio is governed over by hand, the median of pairs.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bench import parts, show
from bench.parts import Spent, Up, Watch
from dihedral.control.cli import following
from dihedral.control.cli.client import Client
from dihedral.kit import archive

NAME = "ten"
STEPS = (
    ("init", "-input=false"),
    ("plan", "-input=false", "-out=plan.bin"),
    ("show", "-json", "plan.bin"),
    ("apply", "-input=false", "plan.bin"),
)


def governed(up: Up, number: int) -> tuple[Spent, Mapping[str, float], Mapping[str, float]]:
    """What it took, the run's own account of its steps, and when each fact came."""
    client, approver = up.client("ada"), up.client("bo")
    space = json.loads(client.post("workspaces", body={"name": f"bench-{number}"}))["id"]
    content = ("application/zstd", archive.pack(parts.CFG / NAME, archive.Limits()))
    began = datetime.now(UTC)
    with Watch(up.pids()) as whole:
        run = json.loads(client.send(("workspaces", space, "runs"), {}, content))["run"]["id"]
        after = _followed(client, run, following.WAITING)
        approver.post("runs", run, "approve", body={})
        _followed(client, run, "applied", after)
    told = json.loads(client.get("runs", run))
    return whole.spent, told["run"]["numbers"]["speed"], _moments(began, whole.spent, told)


def _moments(began: datetime, spent: Spent, told: Any) -> Mapping[str, float]:
    """Seconds from fact to fact."""
    names = ["proposed", *(fact["fact"] for fact in told["history"]), "heard of"]
    times = [told["run"]["created_at"], *(fact["at"] for fact in told["history"])]
    at = [(datetime.fromisoformat(when) - began).total_seconds() for when in times] + [spent.wall]
    spans = (then - last for last, then in pairwise([0.0, *at]))
    numbered = (f"{i} {name}" for i, name in enumerate(names))
    return dict(zip(numbered, spans, strict=True))


def _followed(client: Client, run: str, until: str, after: int = 0) -> int:
    heard = following.follow(client, run, lambda _: None, after)
    if heard.status != until:
        raise RuntimeError(f"{run} is {heard.status}")
    return heard.after


def by_hand(directory: Path, env: Mapping[str, str], pids: list[int]) -> tuple[Spent, list[float]]:
    with Watch(pids) as whole:
        steps = []
        for words in STEPS:
            with Watch() as step:
                parts.terraform(directory, env, *words)
            steps.append(step.spent.wall)
    return whole.spent, steps


def measure(rounds: int) -> dict[str, Any]:
    runs: list[tuple[Spent, Mapping[str, float], Mapping[str, float]]] = []
    kept: list[tuple[Spent, list[float]]] = []
    plain: list[tuple[Spent, list[float]]] = []
    with parts.folder() as folder, _ready(folder) as (up, simulator, rc):
        for number in range(rounds + 1):
            runs.append(governed(up, number))
            directory = parts.copied(NAME, folder)
            with simulator.opened(directory) as reattach:
                env = parts.environment(TF_REATTACH_PROVIDERS=reattach)
                kept.append(by_hand(directory, env, [simulator.process.pid]))
            env = parts.environment(TF_CLI_CONFIG_FILE=rc)
            plain.append(by_hand(parts.copied(NAME, folder), env, []))
    return _found(runs[1:], kept[1:], plain[1:])


@contextmanager
def _ready(folder: Path) -> Iterator[tuple[Up, parts.Simulator, str]]:
    data = folder / "d"
    data.mkdir()
    with parts.up(data) as up, parts.simulator(folder / "home") as simulator:
        yield up, simulator, parts.simulated(folder / "home", "install", str(folder / "mirror"))


def _found(runs: Any, kept: Any, plain: Any) -> dict[str, Any]:
    def sort(spent: list[Spent]) -> dict[str, Any]:
        return {
            "wall": show.spread([one.wall for one in spent]),
            "cpu": show.spread([one.cpu for one in spent]),
        }

    def ratio(what: str, against: Any) -> dict[str, float]:
        pairs = zip(runs, against, strict=True)
        return show.spread([getattr(g[0], what) / getattr(h[0], what) for g, h in pairs])

    steps = {name for one in runs for name in one[1]}
    return {
        "governed": sort([one[0] for one in runs]),
        "governed, to each fact": {n: median(one[2][n] for one in runs) for n in runs[0][2]},
        "governed steps": {n: median(one[1].get(n, 0.0) for one in runs) for n in sorted(steps)},
        "by hand, kept running": sort([one[0] for one in kept]),
        "by hand steps": {
            words[0]: round(median(one[1][i] for one in kept), 3) for i, words in enumerate(STEPS)
        },
        "by hand, ordinary install": sort([one[0] for one in plain]),
        "ratio, kept running": {"wall": ratio("wall", kept), "cpu": ratio("cpu", kept)},
        "ratio, ordinary install": {"wall": ratio("wall", plain), "cpu": ratio("cpu", plain)},
    }


def _rows(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, said in found.items():
        if name.endswith(("steps", "fact")):
            yield name, ", ".join(f"{step} {seconds:.3f} s" for step, seconds in said.items())
        elif name.startswith("ratio"):
            yield (
                name,
                ", ".join(
                    f"{w} {o['median']:.2f} ({o['min']:.2f} to {o['max']:.2f})"
                    for w, o in said.items()
                ),
            )
        else:
            yield name, ", ".join(f"{w} {one['median']:.3f} s" for w, one in said.items())


def main(words: list[str]) -> int:
    parser = show.parser("bench.governed", __doc__)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(words)
    found = measure(asked.rounds)
    show.show(found, list(_rows(found)), as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

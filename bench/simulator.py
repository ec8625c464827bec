"""What the simulator adds to `terraform plan`, against a plan of `terraform_data` alone.

    python -m bench.simulator [--schema AWS.json] [--rounds 7] [--json]

The configuration is an S3 bucket, its versioning and its encryption. With `--schema`, the output
of `terraform providers schema -json`, the whole provider is added first; without it the types that
came along are measured. Ordinary install: Terraform starts the simulator for each command. Kept
running: it is there already, and only the types that the directory mentions are sent.

Units   seconds by the clock and of CPU, those of a simulator that is kept running among them.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import parts, show
from bench.parts import Spent, Watch


@dataclass(frozen=True, slots=True)
class Case:
    directory: Path
    env: Mapping[str, str]
    pids: Sequence[int] = ()

    def init(self) -> None:
        parts.terraform(self.directory, self.env, "init", "-input=false")

    def plan(self) -> Spent:
        with Watch(self.pids) as watch:
            parts.terraform(self.directory, self.env, "plan", "-input=false")
        return watch.spent


def measure(schema: Path | None, rounds: int) -> dict[str, Any]:
    with parts.folder() as folder, ExitStack() as stack:
        home = folder / "home"
        if schema:
            parts.simulated(home, "add", str(schema))
        cases = stack.enter_context(_cases(folder, home))
        took: dict[str, list[Spent]] = {name: [] for name in cases}
        for case in cases.values():
            case.init()
        for turn in range(rounds + 1):
            for name, case in cases.items():
                spent = case.plan()
                took[name] += [spent] if turn else []
    return {
        name: {
            "wall": show.spread([one.wall for one in spents]),
            "cpu": show.spread([one.cpu for one in spents]),
        }
        for name, spents in took.items()
    }


@contextmanager
def _cases(folder: Path, home: Path) -> Iterator[dict[str, Case]]:
    rc = parts.simulated(home, "install", str(folder / "mirror"))
    installed = parts.environment(TF_CLI_CONFIG_FILE=rc)
    bucket = parts.copied("bucket", folder)
    with parts.simulator(home) as simulator, simulator.opened(bucket) as reattach:
        yield {
            "terraform_data alone": Case(parts.copied("plain", folder), parts.environment()),
            "S3, kept running": Case(
                bucket,
                parts.environment(TF_REATTACH_PROVIDERS=reattach),
                (simulator.process.pid,),
            ),
            "S3, ordinary install": Case(parts.copied("bucket", folder), installed),
            "S3, ordinary install, only what is mentioned": Case(
                parts.copied("bucket", folder),
                installed | {"DIHEDRAL_SIMULATOR_SEND": "mentioned"},
            ),
        }


def main(words: list[str]) -> int:
    parser = show.parser("bench.simulator", __doc__)
    parser.add_argument("--schema", type=Path, help="added whole, before anything is measured")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(words)
    found = measure(asked.schema, asked.rounds)
    rows = [
        (
            name,
            f"{one['wall']['median']:.3f} s ({one['wall']['min']:.3f} to {one['wall']['max']:.3f}),"
            f" CPU {one['cpu']['median']:.3f} s",
        )
        for name, one in found.items()
    ]
    show.show(found, rows, as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

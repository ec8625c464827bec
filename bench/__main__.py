"""`python -m bench` lists the measurements and makes them; `python -m bench NAME…` some of them.

Each is a program of its own, with words of its own: `python -m bench.governed --help`.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping

# fmt: off
ALL: Mapping[str, str] = {
    "governed":  "a run through the gates, against Terraform by hand",
    "simulator": "terraform plan with the simulator, against one without it",
    "cage":      "what the sandbox costs a command",
    "start":     "the start of a command",
    "idle":      "memory and CPU of a server that does nothing",
    "queue":     "jobs put, taken and done",
    "ledger":    "money reserved and settled, alone and contended",
    "gates":     "CPU and memory of all gates on a plan of 10,000 resources",
    "web_run":   "CPU of pages: a run of 10,000 resources, lists of 100,000 runs",
    "web_workspace": "CPU of the pages of a workspace of 10,000 resources, its graph among them",
    "gateway":   "CPU of the gateway for each call of a model",
    "conversations": "conversations a second, and what one that waits keeps",
    "reflex":    "how well and how fast requests are understood",
    "providers": "CPU of a model call and of a streamed chunk",
}
# fmt: on
OTHERS = (
    "fidelity: how far simulated plans are the real ones (it needs a directory of plans);"
    " regula: its rules on its own cases (it needs them);"
    " cost: how far estimates are those of others (it needs their cases)"
)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--list", action="store_true", help="only say what there is")
    asked = parser.parse_args(words)
    if unknown := set(asked.names) - set(ALL):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    for name, about in ALL.items():
        print(f"{name:10} {about}")
    print(f"not run here  {OTHERS}")
    return 0 if asked.list else max(map(_run, asked.names or ALL))


def _run(name: str) -> int:
    print(f"\n== {name}: {ALL[name]}", flush=True)
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

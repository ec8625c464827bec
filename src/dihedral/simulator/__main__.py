"""`python -m dihedral.simulator`: the simulator's own command."""

import os
import sys


def main() -> int:
    """The command's exit status. What Terraform starts three times a plan goes the short way."""
    words = sys.argv[1:]
    if len(words) == 4 and words[0] == "provide" and words[2] == "--home":
        from pathlib import Path

        from dihedral.simulator.home import Home
        from dihedral.simulator.provide import provide

        return provide(Home(Path(words[3])), words[1], os.environ)
    from dihedral.simulator.cli import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())

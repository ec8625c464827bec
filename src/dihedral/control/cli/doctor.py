"""`dihedral doctor`."""

import json

from dihedral.control.cli import here


def doctor(as_json: here.AsJson = False) -> None:
    """Look at this machine: each line is ok, warn or fail, and says how to mend it."""
    from dataclasses import asdict

    from dihedral.control.cli import checkup, screen

    found = list(checkup.examine())
    if as_json:
        screen.raw(json.dumps({"items": [asdict(line) for line in found]}).encode())
    else:
        rows = [(o.what, o.state, f"{o.said}\n→ {o.mend}" if o.mend else o.said) for o in found]
        screen.table(("what", "is", "found"), rows)
    if any(line.state == checkup.FAIL for line in found):
        raise SystemExit(1)

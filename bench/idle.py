"""What `dihedral up` costs while it does nothing, after one run.

    python -m bench.idle [--seconds 60] [--json]

Memory of the server, its simulator and PostgreSQL. Proportional counts a page that processes share
once in all; resident counts it for each of them, PostgreSQL's shared buffers most of all.

Units   bytes; CPU seconds a minute.
"""

import json
import sys
import time
from typing import Any

from bench import parts, proc, show
from bench.parts import Up
from dihedral.control.cli import following
from dihedral.kit import archive

SETTLE = 3.0  # seconds after the run


def measure(seconds: float) -> dict[str, Any]:
    with parts.folder() as folder:
        data = folder / "d"
        data.mkdir()
        with parts.up(data) as up:
            _run(up)
            time.sleep(SETTLE)
            return _idle(up, seconds)


def _run(up: Up) -> None:
    client = up.client()
    client.post("workspaces", body={"name": "idle"})
    content = ("application/zstd", archive.pack(parts.CFG / "ten", archive.Limits()))
    run = json.loads(client.send(("workspaces", "idle", "runs"), {}, content))["run"]["id"]
    following.follow(client, run, lambda _: None)
    up.client("bo").post("runs", run, "approve", body={})
    if following.follow(client, run, lambda _: None).status != "applied":
        raise RuntimeError(f"{run} was not applied")


def _idle(up: Up, seconds: float) -> dict[str, Any]:
    before = {pid: proc.cpu([pid]) for pid in up.pids()}
    time.sleep(seconds)
    after = {pid: proc.cpu([pid]) for pid in before}
    found: list[dict[str, Any]] = []
    for pid, busy in before.items():
        memory = proc.memory(pid)
        minute = max(0.0, after[pid] - busy) * 60 / seconds
        found.append({"what": proc.words(pid)[-60:], **memory, "cpu a minute": round(minute, 3)})
    whole = {name: sum(one[name] for one in found) for name in ("Rss", "Pss", "cpu a minute")}
    return {"whole": whole, "processes": sorted(found, key=lambda one: -one["Pss"])}


def main(words: list[str]) -> int:
    parser = show.parser("bench.idle", __doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args(words)
    found = measure(asked.seconds)
    whole = {"what": "whole", **found["whole"]}
    rows = [
        (
            one["what"],
            f"proportional {one['Pss'] / 1e6:6.1f} MB  resident {one['Rss'] / 1e6:6.1f} MB"
            f"  CPU {one['cpu a minute']:.2f} s a minute",
        )
        for one in (whole, *found["processes"])
    ]
    show.show(found, rows, as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Conversations: how many a second, and what one that waits for a person keeps busy.

    python -m bench.conversations [--count 200] [--json]

Each is one question that the reflex is not sure of, answered by the supervisor in one call. The
model is a server of ours in another process, without think time, on the real OpenAI wire; the
server of Dihedral has its worker in it, and an embedded PostgreSQL. All of it shares the machine,
the provider too.

Memory is what server and PostgreSQL have more afterwards, when all the conversations rest; no
process waits for them. A first round warms everything and is not counted.

Units   conversations a second by the clock; milliseconds of CPU of server and PostgreSQL together
        for one; bytes for one.
"""

import json
import sys
import time
from typing import Any

from bench import parts, proc, show
from bench.parts import Up
from bench.providers import provider

WORDS = "why is the sky blue, and what does that cost us? Say so many words: 5"
FIRST = 40  # conversations of the first round
PATIENCE = 600.0


def measure(count: int) -> dict[str, Any]:
    with provider() as url, parts.folder() as folder:
        data = folder / "d"
        data.mkdir()
        with parts.up(data) as up:
            _equip(up, url)
            _talk(up, FIRST)
            memory, busy, begun = _memory(up), proc.cpu(up.pids()), time.monotonic()
            _talk(up, count)
            took = time.monotonic() - begun
            busy = proc.cpu(up.pids()) - busy
            time.sleep(2.0)
            kept = (_memory(up) - memory) / count
    return {
        "conversations a second": round(count / took, 2),
        "CPU of one, ms": round(1000 * busy / count, 1),
        "memory of one that waits, bytes": round(kept),
        "count": count,
    }


def _equip(up: Up, url: str) -> None:
    """A large model that costs nothing."""
    endpoint = {
        "model": "large",
        "wire": "openai",
        "upstream": "large-1",
        "url": f"{url}/v1",
        "price": {"input": "0", "output": "0"},
        "abilities": ["tools", "streaming"],
        "concurrency": 64,
        "context": 128_000,
    }
    up.client().post("models", body=endpoint)
    up.client().post("workspaces", body={"name": "talks"})


def _talk(up: Up, count: int) -> None:
    """So many at once, until all of them are answered."""
    client = up.client()
    asked = {"text": WORDS, "workspace": "talks"}
    open_ = {json.loads(client.post("conversations", body=asked))["id"] for _ in range(count)}
    end = time.monotonic() + PATIENCE
    while open_ and time.monotonic() < end:
        for name in sorted(open_):
            found = json.loads(client.get("conversations", name))["conversation"]
            if found["standing"] == "working":
                break
            if found["standing"] != "resting":
                raise RuntimeError(f"{name} is {found['standing']}: {found['why']}")
            open_.discard(name)
        time.sleep(0.02)
    if open_:
        raise RuntimeError(f"{len(open_)} of {count} conversations were not answered")


def _memory(up: Up) -> int:
    return sum(proc.memory(pid)["Pss"] for pid in up.pids())


def main(words: list[str]) -> int:
    parser = show.parser("bench.conversations", __doc__)
    parser.add_argument("--count", type=int, default=200)
    asked = parser.parse_args(words)
    found = measure(asked.count)
    rows = [(name, str(value)) for name, value in found.items()]
    show.show(found, rows, as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

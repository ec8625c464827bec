"""What pages cost the server: that of a run whose plan has 10,000 resources, and the list of runs.

    python -m bench.web_run [--resources 10000] [--runs 100000] [--rounds 5] [--json]

The application in one process on a PostgreSQL of its own, whose CPU is not counted but for the
clock. The run waits for a person, with the verdicts, cost and risk that such a plan gets; the list
is read at its newest end, deep in it, and narrowed to what hardly occurs. Limits: a second of CPU
for the page; the list costs the same wherever it is read.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

import httpx

from bench import parts, plans, show
from dihedral.control import app, edge, login, wire
from dihedral.control.settings import Settings
from dihedral.control.wire import System
from dihedral.domain.actor import HOME, Actor
from dihedral.domain.ids import ActorId, Digest, RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Grant, Place, Role
from dihedral.domain.run import Fact, move
from dihedral.kit import blobs, mainloop
from dihedral.ops.rules import blast, cost, numbers, plan
from dihedral.ops.rules.numbers import Numbers
from dihedral.ops.store import runs
from dihedral.ops.work import chronicle, pipeline, workspaces

CPU = 1.0  # seconds that the page may take
OWNER = f"{login.OWNER}of-the-bench"
ADA = Actor(ActorId("ada"), rights=((Grant(Role.ADMINISTRATOR, Place(HOME)),),))
FILES = {"main.tf": b'resource "terraform_data" "one" {}\n'}
MANY = b"""
INSERT INTO run (id, workspace, proposer, configuration, status, message, source, plan_only,
                 destroy, refresh_only, created_at)
SELECT 'run-b' || n, %(workspace)s, 'ada', %(configuration)s,
       CASE WHEN n %% 20000 = 7 THEN 'errored' ELSE 'applied' END, 'number ' || n, 'cli', false,
       false, false, now() - n * interval '1 minute'
  FROM generate_series(1, %(count)s) AS n
"""


async def measure(resources: int, count: int, rounds: int) -> dict[str, Any]:
    with parts.folder() as folder:
        settings = Settings(data=folder / "d")
        async with wire.opened(settings) as system:
            run = await _run(system, resources)
            await _fill(system, run, count)
            built = app.build(system.ops, system.thinking, settings, OWNER)
            headers = {"authorization": f"Bearer {OWNER}", edge.ACTOR: "bo"}
            transport = httpx.ASGITransport(built)
            base = "http://127.0.0.1:7370"
            async with httpx.AsyncClient(
                transport=transport, base_url=base, headers=headers, timeout=120
            ) as client:
                return await _pages(client, run, rounds, count)


async def _pages(client: httpx.AsyncClient, run: RunId, rounds: int, count: int) -> dict[str, Any]:
    deep = count * 9 // 10
    paths = {
        "run": f"/runs/{run}",
        "run, searched": f"/runs/{run}?find=aws_db",
        "run, live": f"/runs/{run}?seen=x",
        "runs, newest": "/runs",
        "runs, deep": f"/runs?before=run-b{deep}",
        "runs, a rare status": "/runs?status=errored",
        "runs, of one workspace": "/runs?workspace=bench",
        "inbox": "/inbox",
    }
    parts = {"run, live": "live", "run, searched": "changes"}
    found: dict[str, Any] = {}
    for name, path in paths.items():
        part = {"hx-request": "true", "hx-target": parts[name]} if name in parts else {}

        async def ask(path: str = path, part: Mapping[str, str] = part) -> int:
            answer = await client.get(path, headers=part)
            assert answer.status_code == 200, answer.text[:400]
            return len(answer.content)

        found[name] = await measured(ask, rounds)
    return found


async def measured(ask: Callable[[], Awaitable[int]], rounds: int) -> dict[str, Any]:
    size = await ask()
    cpu, clock = [], []
    for _ in range(rounds):
        began, spent = perf_counter(), process_time()
        await ask()
        cpu.append(process_time() - spent)
        clock.append(perf_counter() - began)
    return {"cpu": show.spread(cpu), "clock": show.spread(clock), "bytes": size}


async def _run(system: System, resources: int) -> RunId:
    """A run that waits for a person, with a plan that was made up."""
    ops, text = system.ops, plans.made(resources)
    space = await workspaces.add(ops, ADA, "bench")
    proposal = Proposal(workspace=space.id, files=FILES, reason="all of it", source="cli")
    made = await pipeline.propose(ops, ADA, proposal)
    read = plan.decode(text)
    shown = numbers.show(
        Numbers({}, cost.estimate(read, ops.book, ops.region), blast.measure(read))
    )
    async with ops.db.tx() as tx:
        held = move(await runs.lock(tx, made.id), Fact.CLAIMED)
        held = move(move(held, Fact.PLANNED), Fact.HELD)
        moved = replace(
            held,
            plan_json=Digest(await blobs.put(tx, ops.keyring, text)),
            effect=Digest("e" * 64),
            waiting_since=ops.now(),
            numbers={"cost": shown["cost"], "risk": shown["risk"]},
            summary={"line": plan.line(plan.summary(read))},
        )
        await chronicle.tell(ops, tx, moved, Fact.HELD, ADA)
    return made.id


async def _fill(system: System, run: RunId, count: int) -> None:
    async with system.ops.db.tx() as tx:
        found = await runs.find(tx, run)
        given = {"workspace": found.workspace, "configuration": found.configuration}
        await tx.do(MANY, **given, count=count)
        await tx.do(b"ANALYZE run")


def main(words: list[str]) -> int:
    parser = show.parser("bench.web_run", __doc__)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(words)
    found = mainloop.run(measure(asked.resources, asked.runs, asked.rounds))
    rows = [
        (name, f"cpu {one['cpu']['median']:.3f} s  clock {one['clock']['median']:.3f} s"
         f"  {one['bytes'] / 1024:,.0f} KiB")
        for name, one in found.items()
    ]  # fmt: skip
    show.show(found, rows, as_json=asked.json)
    within = found["run"]["cpu"]["median"] < CPU
    if not within:
        print(f"the page of a run takes more than {CPU:g} s of CPU", file=sys.stderr)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

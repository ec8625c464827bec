"""What the pages of a workspace of 10,000 resources cost the server, its graph among them.

    python -m bench.web_workspace [--resources 10000] [--rounds 5] [--json]

The application in one process on a PostgreSQL of its own, whose CPU is not counted but for the
clock. Each resource stands in the state with its attributes, under a name of its own, in one of
forty modules; two state versions differ in one of them. Limit: a second of CPU for each page.
"""

import json
import sys
from typing import Any

import httpx

from bench import parts, plans, show
from bench.web_run import ADA, CPU, OWNER, measured
from dihedral.control import app, edge, wire
from dihedral.control.settings import Settings
from dihedral.control.wire import System
from dihedral.domain.ids import StateVersionId
from dihedral.kit import mainloop
from dihedral.ops.work import workspaces
from dihedral.ops.work.workspaces import Origin

Json = dict[str, Any]


async def measure(resources: int, rounds: int) -> dict[str, Any]:
    with parts.folder() as folder:
        settings = Settings(data=folder / "d")
        async with wire.opened(settings) as system:
            version = await _fill(system, resources)
            built = app.build(system.ops, system.thinking, settings, OWNER)
            headers = {"authorization": f"Bearer {OWNER}", edge.ACTOR: "bo"}
            base, transport = "http://127.0.0.1:7370", httpx.ASGITransport(built)
            async with httpx.AsyncClient(
                transport=transport, base_url=base, headers=headers, timeout=120
            ) as client:
                return await _pages(client, version, rounds)


async def _pages(client: httpx.AsyncClient, version: StateVersionId, rounds: int) -> dict[str, Any]:
    one = "module.team07.aws_security_group"
    views = {
        "resources": "view=resources",
        "resources, searched": "view=resources&q=aws_db",
        "graph": "view=graph",
        "graph, a module": "view=graph&module=module.team07",
        "graph, one kind": "view=graph&type=aws_instance",
        "graph, around one": f"view=graph&q={one}&far=6",
        "outputs": "view=outputs",
        "limits": "view=limits",
        "states": "view=states",
        "states, compared": f"view=states&of={version}",
    }
    found: dict[str, Any] = {}
    for name, query in views.items():

        async def ask(query: str = query) -> int:
            answer = await client.get(f"/workspaces/bench?{query}")
            assert answer.status_code == 200, answer.text[:400]
            return len(answer.content)

        found[name] = await measured(ask, rounds)
    return found


async def _fill(system: System, resources: int) -> StateVersionId:
    space = await workspaces.add(system.ops, ADA, "bench")
    for serial in (1, 2):
        async with system.ops.db.tx() as tx:
            text = state(resources, serial)
            kept = await workspaces.keep(system.ops, tx, space.id, text, Origin(ADA))
    return kept.id


def state(resources: int, serial: int = 1) -> bytes:
    """A state of as many as were planned in `bench.plans`, each with a name of its own."""
    changes = json.loads(plans.made(resources))["resource_changes"]
    outputs = {"total": {"value": resources, "type": "number"}}
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": serial,
            "lineage": "bench",
            "outputs": outputs,
            "resources": [_resource(one, at, serial) for at, one in enumerate(changes)],
        }
    ).encode()


def _resource(one: Json, at: int, serial: int) -> Json:
    """It needs those of its own module that its type needs, and what all of these have."""
    team = one["module_address"].partition('"')[2].partition('"')[0]
    module, number = f"module.{team}", one["index"]
    needs = [f"{module}.{kind}.main{number}" for kind in plans.NEEDS.get(one["type"], ())]
    values = one["change"]["after"] or one["change"]["before"]
    attributes = {**values, "serial": serial} if at == 0 else values
    return {
        "module": module,
        "mode": "managed",
        "type": one["type"],
        "name": f"main{number}",
        "provider": f'provider["{plans.PROVIDER}"]',
        "instances": [{"schema_version": 1, "attributes": attributes, "dependencies": needs}],
    }


def main(words: list[str]) -> int:
    parser = show.parser("bench.web_workspace", __doc__)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(words)
    found = mainloop.run(measure(asked.resources, asked.rounds))
    rows = [
        (name, f"cpu {one['cpu']['median']:.3f} s  clock {one['clock']['median']:.3f} s"
         f"  {one['bytes'] / 1024:,.0f} KiB")
        for name, one in found.items()
    ]  # fmt: skip
    show.show(found, rows, as_json=asked.json)
    slow = [name for name, one in found.items() if one["cpu"]["median"] >= CPU]
    if slow:
        print(f"{', '.join(slow)}: more than {CPU:g} s of CPU", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

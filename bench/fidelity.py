"""How much of a real provider's plans the simulator plans alike.

    python -m bench.fidelity PLANS_DIR [--json] [--since 1.2] [--home DIR] [--differences]

For every plan in the directory (`terraform show -json`, in any folder) the configuration of what it
creates is rebuilt from the plan itself, planned by the real Terraform with the simulator, and
compared attribute by attribute: known, unknown, value.

Shape   a class says who decides an attribute: `written` in the configuration; `provided` by the
        provider and shown; `absent`, null in both. Only attributes that both versions of the
        provider have are counted, and only types that the simulator knows.
        A resource that cannot be planned counts as disagreeing in all its attributes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import rebuild

Json = dict[str, Any]

ADDRESS = "registry.terraform.io/hashicorp/"
UNKNOWN = "(known after apply)"
CLASSES = ("written", "provided", "absent")
TIMES = ("timeouts",)  # an older SDK's block, which plans show differently by version


@dataclass(frozen=True, slots=True)
class Judged:
    plan: str
    type: str
    name: str
    kind: str
    agrees: bool
    real: Any
    ours: Any


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running simulator and the directory in which configurations are planned."""

    process: "subprocess.Popen[str]"
    folder: Path
    schemas: Json

    def ask(self, request: Json) -> Json:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        answer: Json = json.loads(stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def plan(self, configuration: Json) -> Json | str:
        """The plan's JSON, or what Terraform says against the configuration."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")
        opened = self.ask({"open": {"id": folder.name, "directory": str(folder)}})
        try:
            return _terraform(folder, opened["reattach"])
        finally:
            self.ask({"close": folder.name})


def _terraform(folder: Path, reattach: Json) -> Json | str:
    environment = os.environ | {
        "TF_REATTACH_PROVIDERS": json.dumps(reattach),
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
    }
    steps = (
        ["init", "-input=false"],
        ["plan", "-input=false", "-out=plan"],
        ["show", "-json", "plan"],
    )
    said = ""
    for step in steps:
        words = ["terraform", step[0], *step[1:]] + (["-no-color"] if step[0] != "show" else [])
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
        said = done.stdout
        if done.returncode:
            return done.stderr or done.stdout
    found: Json = json.loads(said)
    return found


def plans(folder: Path, since: tuple[int, ...]) -> Iterator[tuple[str, Json]]:
    for path in sorted(folder.rglob("*.json")):
        try:
            plan = json.loads(path.read_text(encoding="utf-8-sig"))
        except ValueError:
            continue
        if isinstance(plan, dict) and "resource_changes" in plan and _version(plan) >= since:
            yield str(path.relative_to(folder)), plan


def _version(plan: Json) -> tuple[int, ...]:
    words = str(plan.get("terraform_version") or "0").split("-")[0].split(".")
    return tuple(int(word) for word in words if word.isdigit())


def judge(simulator: Simulator, name: str, plan: Json) -> Iterator[Judged]:
    """Every shared attribute of every resource that the plan creates and the simulator knows."""
    found = [(c, said) for c, said in rebuild.planned(plan) if c["type"] in simulator.schemas]
    if not found:
        return
    ours = _planned(simulator, plan, found)
    for index, (change, said) in enumerate(found):
        yield from _compare(name, change, said, ours[index], simulator.schemas[change["type"]])


def _planned(simulator: Simulator, plan: Json, found: list[tuple[Json, Json]]) -> list[Json | None]:
    """All in one plan; where that fails, each by itself, so that one does not spoil the others."""
    tags = rebuild.default_tags([change for change, _ in found])
    bodies = [_resource(simulator, change, said) for change, said in found]
    whole = simulator.plan(_configuration(plan, tags, found, bodies))
    if isinstance(whole, str) and len(found) > 1:
        alone = [
            simulator.plan(_configuration(plan, tags, [found[i]], [bodies[i]]))
            for i in range(len(found))
        ]
        return [_change(one, found[i][0], 0) for i, one in enumerate(alone)]
    return [_change(whole, change, i) for i, (change, _) in enumerate(found)]


def _resource(simulator: Simulator, change: Json, said: Json) -> Json:
    return rebuild.resource(change, said, simulator.schemas[change["type"]]["block"])


def _configuration(
    plan: Json, tags: Json, found: list[tuple[Json, Json]], bodies: list[Json]
) -> Json:
    resources: defaultdict[str, Json] = defaultdict(dict)
    resources["terraform_data"]["unknown"] = {}
    for index, (change, _) in enumerate(found):
        resources[change["type"]][f"r{index}"] = bodies[index]
    used = sorted({change["type"].partition("_")[0] for change, _ in found})
    aws: Json = {"region": rebuild.region(plan), "default_tags": {"tags": tags}}
    sources = {name: {"source": ADDRESS + name} for name in used}
    return {
        "terraform": {"required_providers": sources},
        "resource": resources,
    } | ({"provider": {"aws": aws}} if "aws" in used else {})


def _change(plan: Json | str, change: Json, index: int) -> Json | None:
    if isinstance(plan, str):
        print(f"{change['address']} cannot be planned: {plan.strip()[:600]}", file=sys.stderr)
        return None
    address = f"{change['type']}.r{index}"
    found: Json = next(c for c in plan["resource_changes"] if c["address"] == address)["change"]
    return found


def _compare(
    plan: str, change: Json, said: Json, ours: Json | None, schema: Json
) -> Iterator[Judged]:
    theirs, block = change["change"], schema["block"]
    names = {*block.get("attributes", ()), *block.get("block_types", ())}
    marks = theirs.get("after_unknown", {})
    for name in sorted(names & ({*theirs["after"]} | {*marks}) - {*TIMES}):
        real = _shown(theirs["after"].get(name), marks.get(name))
        made = _shown(ours["after"].get(name), ours["after_unknown"].get(name)) if ours else "?"
        kind = _class(name in said, real, made)
        agrees = ours is not None and _canonical(real) == _canonical(_shared(made, real))
        yield Judged(plan, change["type"], name, kind, agrees, real, made)


def _class(written: bool, real: Any, ours: Any) -> str:
    if written:
        return "written"
    return "absent" if _none(real) and _none(ours) else "provided"


def _shown(after: Any, unknown: Any) -> Any:
    """A value with what is not known marked in it."""
    if unknown is True:
        return UNKNOWN
    return rebuild.each(after, unknown, _shown)


def _none(value: Any) -> bool:
    return value in (None, [], {})


def _shared(ours: Any, real: Any) -> Any:
    """`ours` without the members that the real provider's version did not have yet."""
    if isinstance(ours, dict) and isinstance(real, dict):
        return {k: _shared(v, real[k]) for k, v in ours.items() if k in real}
    if isinstance(ours, list) and isinstance(real, list) and len(ours) == len(real):
        return [_shared(one, other) for one, other in zip(ours, real, strict=True)]
    return ours


def _canonical(value: Any) -> Any:
    """Equal where Terraform means the same: an empty block and none; the order of a set's members;
    a member that one version of the provider has and the other leaves null."""
    if isinstance(value, dict):
        return sorted((k, _canonical(v)) for k, v in value.items() if not _none(v))
    if isinstance(value, list):
        return sorted((_canonical(one) for one in value), key=repr)
    return None if _none(value) else value


def report(judged: list[Judged]) -> Json:
    def share(some: list[Judged]) -> Json:
        agree = sum(one.agrees for one in some)
        return {
            "attributes": len(some),
            "agree": agree,
            "share": round(agree / len(some), 4) if some else None,
        }

    types = sorted({one.type for one in judged})
    return {
        "plans": len({one.plan for one in judged}),
        "all": share(judged),
        "by_class": {kind: share([j for j in judged if j.kind == kind]) for kind in CLASSES},
        "by_type": {name: share([j for j in judged if j.type == name]) for name in types},
    }


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("plans", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--since", default="1.2", help="the oldest version of Terraform's plans")
    parser.add_argument("--home", help="the simulator's home; without it, what it knows by itself")
    parser.add_argument("--differences", action="store_true", help="print each, on stderr")
    asked = parser.parse_args(words)
    since = tuple(int(part) for part in asked.since.split("."))
    with tempfile.TemporaryDirectory(prefix="dihedral-fidelity-") as folder:
        simulator = _started(Path(folder), asked.home or f"{folder}/home")
        real = plans(asked.plans, since)
        judged = [one for name, plan in real for one in judge(simulator, name, plan)]
        assert simulator.process.stdin
        simulator.process.stdin.close()
        simulator.process.wait()
    if asked.differences:
        _differences(judged)
    _print(report(judged), asked.json)
    return 0


def _started(folder: Path, home: str) -> Simulator:
    from dihedral.simulator import known

    schemas: Json = {}
    for provider in known.PROVIDERS:
        schemas |= known.read(provider)[0].get("resource_schemas", {})
    words = [sys.executable, "-m", "dihedral.simulator", "serve", "--home", home]
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
    return Simulator(process, folder, schemas)


def _differences(judged: list[Judged]) -> None:
    seen = Counter(
        f"{j.type}.{j.name}\n     real {j.real}\n     ours {j.ours}" for j in judged if not j.agrees
    )
    for text, count in seen.most_common():
        print(f"{count:4} {text}", file=sys.stderr)


def _print(found: Json, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, indent=2))
        return
    rows = {"all": found["all"], **found["by_class"], **found["by_type"]}
    print(f"{found['plans']} plans")
    for name, row in rows.items():
        if row["attributes"]:
            print(f"{name:45} {row['agree']:6} of {row['attributes']:6}  {row['share']:7.1%}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`dihedral policy …`: policy sets. `check` and `test` need no server.

Exit status of `check`  0 allow · 3 ask · 4 deny
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.here import AsJson

if TYPE_CHECKING:
    from dihedral.ops.rules.policy import Judgement
    from dihedral.ops.rules.policyset import PolicySet
    from dihedral.ops.work.rego import Trial

app = here.group("Policy sets: Rego that says what a plan may do.")
EXIT = {"allow": 0, "ask": 3, "deny": 4}

Plan = Annotated[
    Path, typer.Argument(metavar="PLAN.json", help="What `terraform show -json PLAN` says.")
]
Sets = Annotated[
    list[str],
    typer.Option("--policy", metavar="DIR", help="A directory of Rego, or a set that comes along."),
]
Data = Annotated[
    list[Path], typer.Option("--data", metavar="FILE", help="JSON or YAML, read as data.*")
]
Input = Annotated[
    str, typer.Option("--input", help="What input is: conftest, hcp or both; else as the set says.")
]
Seconds = Annotated[float, typer.Option("--seconds", help="How long it may take in all.")]


@app.command(epilog="Example: dihedral policy check plan.json --policy ./policy --data limits.yaml")
def check(
    plan: Plan,
    policy: Sets,
    data: Data = [],  # noqa: B006  typer reads it, nobody writes it
    input: Input = "",
    seconds: Seconds = 30.0,
    as_json: AsJson = False,
) -> None:
    """Say what policies hold against a plan."""
    from dihedral.ops.work import policy as work
    from dihedral.ops.work import prices, rego

    text = _bytes(plan)
    policies = work.chosen(here.settings().rego, rego.Limits(seconds=seconds))
    given = work.alone(text, prices.load())
    sets = [chosen(name, input) for name in policy]
    judged = work.judge(policies, sets, given, work.scrubber(text), data=_data(data))
    _show(judged, as_json)
    raise SystemExit(EXIT[judged.verdict.ruling])


@app.command(epilog="Example: dihedral policy test ./policy")
def test(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="A directory of Rego.")],
    seconds: Seconds = 60.0,
    as_json: AsJson = False,
) -> None:
    """Run the test_… rules of a policy set."""
    from dihedral.control.cli import screen
    from dihedral.ops.work import policy as work
    from dihedral.ops.work import rego

    policies = work.chosen(here.settings().rego, rego.Limits(seconds=seconds))
    done = work.test(policies, chosen(directory, ""))
    failed = [one for one in done if not one.passed]
    if as_json:
        screen.raw(json.dumps({"items": [_trial(one) for one in done]}).encode())
    else:
        screen.table(("test", "is", "took", "at"), map(_row, done))
        screen.say(f"{len(done) - len(failed)} of {len(done)} pass")
    raise SystemExit(1 if failed or not done else 0)


def chosen(name: str, shape: str) -> "PolicySet":
    """A directory of Rego, or a set that comes along. Raises Invalid."""
    """A directory of Rego, or a set that comes along. Raises Invalid."""
    from dataclasses import replace

    from dihedral.domain.errors import Invalid
    from dihedral.ops.rules.policyset import Shape
    from dihedral.ops.work import policy as work

    known = {} if Path(name).is_dir() else work.built_in()
    found = known.get(name) or work.directory(Path(name))
    if shape and shape not in list(Shape):
        raise Invalid(f"--input is {shape!r}; it is one of {', '.join(Shape)}")
    return replace(found, shape=Shape(shape)) if shape else found


def _data(paths: list[Path]) -> dict[str, Any]:
    from dihedral.domain.errors import Invalid
    from dihedral.ops.rules import policyset

    held: dict[str, Any] = {}
    for path in paths:
        value = policyset.document(str(path), _bytes(path))
        if not isinstance(value, dict):
            raise Invalid(f"{path} is not an object; its keys become data.*")
        held = policyset.merged(held, value)
    return held


def _bytes(path: Path) -> bytes:
    from dihedral.domain.errors import Invalid

    try:
        return path.read_bytes()
    except OSError as cause:
        raise Invalid(f"{path} cannot be read: {cause.strerror}") from cause


def _show(judged: "Judgement", as_json: bool) -> None:
    from dataclasses import asdict

    from dihedral.control.cli import screen

    if as_json:
        shown = {
            "ruling": judged.verdict.ruling,
            "reason": judged.verdict.reason,
            "versions": judged.versions,
            "results": [asdict(result) for result in judged.results],
        }
        return screen.raw(json.dumps(shown).encode())
    screen.pairs([("policy", judged.verdict.ruling.value), ("because", judged.verdict.reason)])
    for result in judged.results:
        screen.gap()
        screen.say(" ".join(filter(None, (result.id, f"[{result.level}]", result.where))))
        screen.indented(result.message, 2)
        if result.mend:
            screen.indented(f"→ {result.mend}", 2, "dim")


def _trial(one: "Trial") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)


def _row(one: "Trial") -> tuple[str, str, str, str]:
    state = "ok" if one.passed else "fail"
    where = f"{one.at}\n{one.error}" if one.error else one.at
    return one.name, state, f"{one.seconds * 1000:.1f} ms", where

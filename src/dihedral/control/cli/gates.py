"""`dihedral guard` and `dihedral inspect`: the gates by themselves, for any CI. No server needed.

Exit status  0 allow · 3 ask · 4 deny · 1 a fault · 2 not understood
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli import here
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.here import AsJson

if TYPE_CHECKING:
    from dihedral.domain.verdict import Decision, Verdict
    from dihedral.ops.rules.terms import Terms
    from dihedral.ops.work.gates import Inspection

EXIT = {"allow": 0, "ask": 3, "deny": 4}
TermsFile = Annotated[
    Path | None, typer.Option("--terms", metavar="FILE", help="YAML of what may pass.")
]


def guard(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the *.tf files are.")],
    before: Annotated[
        Path | None,
        typer.Option("--before", metavar="DIR", help="What was applied last, to compare with."),
    ] = None,
    terms: TermsFile = None,
    as_json: AsJson = False,
) -> None:
    """Read a directory of Terraform as an enemy's, without running anything."""
    from dihedral.ops.rules import guard as rules

    held = _terms(terms).guard
    verdict = rules.read(_files(directory), held, _files(before) if before else {})
    if as_json:
        _print(_shown(verdict))
    else:
        _report([verdict])
    raise SystemExit(EXIT[verdict.ruling])


def inspect(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN.json", help="What `terraform show -json PLAN` says.")
    ],
    usage: Annotated[
        Path | None, typer.Option("--usage", metavar="FILE", help="Infracost's usage file.")
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="DIR", help="Rego, in place of what the terms name."),
    ] = None,
    prices: Annotated[
        Path | None, typer.Option("--prices", metavar="FILE", help="A price book over the own one.")
    ] = None,
    terms: TermsFile = None,
    as_json: AsJson = False,
) -> None:
    """What a plan costs, breaks and opens, what policies say of it, and what that decides."""
    import anyio

    from dihedral.ops.rules import decide

    held = _terms(terms, usage)
    found = anyio.run(_inspect, _bytes(plan), held, policy, prices)
    decision = decide.decide([*found.verdicts, _unread()], held.limits)
    if as_json:
        _print(_whole(found, decision))
    else:
        _told(found, decision)
    raise SystemExit(EXIT[decision.ruling])


async def _inspect(
    text: bytes, held: "Terms", policy: list[str] | None, prices: Path | None
) -> "Inspection":
    from datetime import UTC, datetime

    from dihedral.control.cli import policy as sets
    from dihedral.ops.work import gates
    from dihedral.ops.work import policy as work
    from dihedral.ops.work import prices as books
    from dihedral.ops.work.gates import Gates, Subject

    return await gates.inspect(
        Gates(
            terms=held,
            book=books.load(prices),
            policies=work.chosen(here.settings().rego),
            sets=[sets.chosen(name, "") for name in policy or held.policies],
            today=datetime.now(UTC).date(),
        ),
        Subject(plan=text),
    )


def _unread() -> "Verdict":
    """The guard reads files, and a plan has none: `dihedral guard DIR` is the other half."""
    from dihedral.domain.verdict import Ruling, Verdict

    return Verdict(Ruling.ALLOW, "guard", "not asked: a plan has no files; `dihedral guard DIR`")


def _terms(path: Path | None, usage: Path | None = None) -> "Terms":
    from dataclasses import replace

    from dihedral.domain.errors import Invalid
    from dihedral.ops.rules import terms, yamldoc
    from dihedral.ops.rules.terms import Terms

    try:
        held = terms.read(_bytes(path).decode(), Terms()) if path else Terms()
        return replace(held, usage=yamldoc.load(_bytes(usage).decode())) if usage else held
    except UnicodeDecodeError as cause:
        raise Failure(f"{path or usage} is not UTF-8 text: {cause}") from cause
    except Invalid as cause:
        raise Failure(f"{usage or path}: {cause}") from cause


def _files(directory: Path) -> dict[str, bytes]:
    from dihedral.kit import archive

    try:
        return archive.collect(directory, archive.Limits())
    except (archive.Refused, OSError) as cause:
        why = cause.strerror if isinstance(cause, OSError) else cause
        raise Failure(f"{directory} cannot be read: {why}") from cause


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise Failure(f"{path} cannot be read: {cause.strerror}") from cause


def _whole(found: "Inspection", decision: "Decision") -> dict[str, Any]:
    from dihedral.ops.rules import numbers, plan, redact

    counts = plan.summary(found.plan)
    return {
        "ruling": decision.ruling,
        "reason": decision.reason,
        "approvers": decision.approvers,
        "summary": plan.line(counts),
        "cost": redact.everywhere(numbers.show_cost(found.cost), found.clear),
        "risk": redact.everywhere(numbers.show_risk(found.blast), found.clear),
        "policies": dict(found.versions),
        "verdicts": [_shown(verdict) for verdict in decision.verdicts],
    }


def _shown(verdict: "Verdict") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(verdict)


def _told(found: "Inspection", decision: "Decision") -> None:
    from dihedral.control.cli import screen
    from dihedral.ops.rules import blast, cost, plan

    risk = found.clear(blast.line(found.blast))
    screen.pairs(
        [
            ("plan", plan.line(plan.summary(found.plan))),
            ("cost", cost.line(found.cost)),
            ("risk", risk),
            ("decision", decision.ruling.value),
        ]
    )
    _report(decision.verdicts)


def _report(verdicts: "list[Verdict] | tuple[Verdict, ...]") -> None:
    from dihedral.control.cli import report

    report.verdicts([_shown(verdict) for verdict in verdicts])


def _print(value: object) -> None:
    from dihedral.control.cli import screen

    screen.raw(json.dumps(value, ensure_ascii=False, indent=2, default=str).encode())

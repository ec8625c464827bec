"""What is wrong with a draft, in a few lines that a small model can mend it by."""

from collections.abc import Iterator

from dihedral.domain.brief import Checked
from dihedral.domain.diagnostic import Diagnostic, Severity
from dihedral.domain.verdict import Ruling, Verdict

ROWS = 12  # of each kind
LINE = 500  # characters


def told(checked: Checked) -> str:
    """The errors first; empty where there is nothing to say."""
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    warnings = [d for d in checked.diagnostics if d.severity is not Severity.ERROR]
    rows = [*_guard(checked.guard), *_most([_row("Error", d) for d in errors])]
    rows += [f"Terraform could not be asked: {checked.stopped}"] if checked.stopped else []
    rows += _most([_row("Warning", d) for d in warnings])
    return "\n".join(row[:LINE] for row in rows)


def _guard(verdict: Verdict) -> Iterator[str]:
    if verdict.ruling is Ruling.ALLOW:
        return
    rows = [
        f"{verdict.ruling.upper()} by {verdict.gate}: {f.where + ': ' if f.where else ''}"
        f"{f.message}{'; ' + f.mend if f.mend else ''}"
        for f in verdict.findings
    ]
    yield from _most(rows or [f"{verdict.ruling.upper()} by {verdict.gate}: {verdict.reason}"])


def _row(kind: str, found: Diagnostic) -> str:
    where = f"{found.where}: " if found.where else ""
    parts = [f"{kind}: {where}{found.summary}", found.context, " ".join(found.detail.split())]
    parts += [f"the line is `{found.code.strip()}`"] if found.code else []
    return " | ".join(filter(None, [*parts, *found.values]))


def _most(rows: list[str]) -> list[str]:
    left = len(rows) - ROWS
    return [*rows[:ROWS], *([f"and {left} more like these"] if left > 0 else [])]

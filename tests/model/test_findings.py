"""What a model is told of a draft that does not pass: all that it takes to mend it, and no more."""

from dihedral.domain.brief import Checked
from dihedral.domain.diagnostic import Diagnostic, Severity
from dihedral.domain.verdict import Finding, Ruling, Verdict
from dihedral.model.rules import findings

FINE = Verdict(Ruling.ALLOW, "guard", "nothing")


def wrong(line: int) -> Diagnostic:
    return Diagnostic(
        severity=Severity.ERROR,
        summary="Unsupported argument",
        detail='An argument named "inptu"\nis not expected here.',
        file="main.tf",
        line=line,
        context='resource "terraform_data" "a"',
        code="  inptu = var.size",
        values=('var.size is "huge"',),
    )


def test_an_error_says_where_what_and_on_which_line() -> None:
    checked = Checked(guard=FINE, diagnostics=(wrong(2),))
    assert not checked.passed
    assert findings.told(checked) == (
        'Error: main.tf:2: Unsupported argument | resource "terraform_data" "a" | An argument named'
        ' "inptu" is not expected here. | the line is `inptu = var.size` | var.size is "huge"'
    )


def test_what_the_guard_denies_says_how_to_mend_it() -> None:
    found = (Finding("a provisioner runs programs", "main.tf:3", "leave it out"),)
    checked = Checked(guard=Verdict(Ruling.DENY, "guard", "…", found))
    assert not checked.passed
    said = "DENY by guard: main.tf:3: a provisioner runs programs; leave it out"
    assert findings.told(checked) == said


def test_a_thousand_errors_are_a_dozen_and_a_count() -> None:
    checked = Checked(guard=FINE, diagnostics=tuple(wrong(n) for n in range(1000)))
    told = findings.told(checked)
    assert told.endswith("and 988 more like these") and len(told) < 8000


def test_warnings_alone_pass_and_what_was_stopped_does_not() -> None:
    warning = Diagnostic(severity=Severity.WARNING, summary="Old syntax")
    assert Checked(guard=FINE, diagnostics=(warning,)).passed
    assert findings.told(Checked(guard=FINE, diagnostics=(warning,))) == "Warning: Old syntax"
    stopped = Checked(guard=FINE, stopped="there is no sandbox here")
    assert not stopped.passed
    assert findings.told(stopped) == "Terraform could not be asked: there is no sandbox here"

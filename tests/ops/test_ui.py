"""What Terraform says, as a log shows it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.diagnostic import Diagnostic, Severity
from dihedral.ops.rules import ui


def said(kind: str, message: str = "", **rest: object) -> ui.Said:
    return ui.said(json.dumps({"@level": "info", "@message": message, "type": kind, **rest}))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain words", "plain words"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("a\x00b\x9bc\u202ed", "abcd"),
        ("a\tb", "a\tb"),
        ("[1, 2]", "[1, 2]"),
        ('{"@message": 1}', '{"@message": 1}'),
        ('{"broken', '{"broken'),
        ("\udcff", "\udcff"),
    ],
)
def test_what_is_no_message_passes_through_without_control_characters(
    line: str, shown: str
) -> None:
    assert ui.said(line) == ui.Said("plain", (shown,))


@given(st.text())
def test_no_line_breaks_it_and_none_keeps_an_escape(line: str) -> None:
    assert not any("\x1b" in text for text in ui.said(line).text)


def test_a_message_is_shown_as_terraform_words_it() -> None:
    message = "aws_s3_bucket.this: Creation complete after 0s [id=logs]"
    assert said("apply_complete", message, hook={"x": 1}).text == (message,)
    assert said("provision_progress", "x: (local-exec): \x1b[1mhi\x1b[0m").text == (
        "x: (local-exec): hi",
    )


def test_outputs_are_shown_but_sensitive_ones_are_not() -> None:
    outputs = {
        "b": {"sensitive": True, "type": "string", "value": "secret"},
        "a": {"sensitive": False, "type": "string", "value": "ü\x1b[2J"},
    }
    text = said("outputs", "Outputs: 2", outputs=outputs).text
    assert text == ('a = "ü\\u001b[2J"', "b = (sensitive value)")
    planned = {"a": {"sensitive": False, "action": "create"}}
    assert said("outputs", "Outputs: 1", outputs=planned).text == ("Output a: create",)


def test_a_diagnostic_keeps_its_place_and_is_framed() -> None:
    found = said(
        "diagnostic",
        diagnostic={
            "severity": "error",
            "summary": "Invalid value",
            "detail": "One.\nTwo.",
            "address": "aws_s3_bucket.b",
            "range": {"filename": "m/main.tf", "start": {"line": 7, "column": 1}},
            "snippet": {
                "context": 'resource "aws_s3_bucket" "b"',
                "code": "  bucket = var.name",
                "values": [{"traversal": "var.name", "statement": 'is "A"'}],
            },
        },
    )
    assert found.diagnostic and found.diagnostic.where == "m/main.tf:7"
    assert found.text == (
        "╷",
        "│ Error: Invalid value",
        "│",
        "│   with aws_s3_bucket.b,",
        '│   on m/main.tf line 7, in resource "aws_s3_bucket" "b":',
        "│     7:   bucket = var.name",
        '│     │ var.name is "A"',
        "│",
        "│ One.",
        "│ Two.",
        "╵",
    )


def test_an_error_for_people_becomes_a_diagnostic() -> None:
    found = ui.plain("\x1b[31m╷\n│ Error: Too bad\n│ \n│ because\n╵\n", "nothing")
    assert (found.summary, found.detail) == ("Too bad", "because")
    assert ui.plain("", "ended with exit code 3").summary == "ended with exit code 3"


def error(summary: str, detail: str = "") -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail)


def test_only_a_plan_that_misses_nothing_but_init_is_unready() -> None:
    missing = error("Module not installed")
    warning = Diagnostic(severity=Severity.WARNING, summary="Deprecated")
    assert ui.unready([missing, warning])
    assert ui.unready([error("x/aws: there is no package for x/aws 1.0.0 cached in .terraform")])
    assert not ui.unready([missing, error("Invalid reference")])
    assert not ui.unready([warning])
    assert not ui.unready([])


def test_a_provider_that_the_simulator_lacks_is_explained() -> None:
    detail = (
        "Could not retrieve the list of available versions for provider foo/bar: provider"
        " registry.terraform.io/foo/bar was not found in any of the search locations\n\n  - /x"
    )
    found = error("Failed to query available provider packages", detail)
    advised = ui.advise(found, simulated=True)
    assert advised.summary == "Provider foo/bar is not known to the simulator"
    assert "dihedral simulator add foo/bar" in advised.detail
    assert ui.advise(found, simulated=False) == found

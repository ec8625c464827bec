"""Terraform's machine-readable UI: one line of it as text for a log, and as a diagnostic.

Surprise: anything may come, since providers and provisioners write into the same stream. What is
not a message of the UI passes through as plain text, without control characters.

Source  developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from dihedral.domain.diagnostic import Diagnostic, Severity

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.")
# besides C0 and C1: what turns the direction of writing, so that a log cannot show what it is not
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_FRAME = re.compile(r"^[│╷╵] ?")
_NOT_FOUND = re.compile(r"provider\s+(\S+)\s+was\s+not\s+found\s+in\s+any\s+of\s+the\s+search")
_UNREADY = (
    "Module not installed",
    "Inconsistent dependency lock file",
    "Required plugins are not installed",
    "Missing required provider",
    "there is no package for",  # what an apply says
)

_UNKNOWN = (
    "Add it with `dihedral simulator add {name}` where there is a network, or with"
    " `dihedral simulator add SCHEMA.json` (from `terraform providers schema -json`), or make the"
    " workspace a real one."
)
_BACKEND = (
    "Dihedral keeps the state of its workspaces itself, so a `backend` or `cloud` block would lead"
    " it elsewhere. Remove the block; an existing state can be taken over with `dihedral state`."
)


class _Position(msgspec.Struct):
    line: int = 0


class _Range(msgspec.Struct):
    filename: str = ""
    start: _Position = msgspec.field(default_factory=_Position)


class _Value(msgspec.Struct):
    traversal: str = ""
    statement: str = ""


class _Snippet(msgspec.Struct):
    context: str | None = None
    code: str = ""
    values: list[_Value] | None = None


class _Diagnostic(msgspec.Struct):
    severity: str = "error"
    summary: str = ""
    detail: str = ""
    address: str = ""
    range: _Range | None = None
    snippet: _Snippet | None = None


class _Output(msgspec.Struct):
    value: Any = None
    sensitive: bool = False
    action: str = ""


class _Message(msgspec.Struct):
    message: str = msgspec.field(name="@message")
    type: str = ""
    diagnostic: _Diagnostic | None = None
    outputs: dict[str, _Output] | None = None
    state: msgspec.Raw = msgspec.Raw()


class _Validation(msgspec.Struct):
    valid: bool
    diagnostics: list[_Diagnostic]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the UI: its kind (`plain` when it is none), and what to show of it.

    `state` is the state that an apply could write nowhere else; empty otherwise. It is not shown.
    """

    kind: str
    text: tuple[str, ...]
    diagnostic: Diagnostic | None = None
    state: bytes = field(default=b"", repr=False)


_MESSAGE = msgspec.json.Decoder(_Message)


def said(line: str) -> Said:
    """What one line says. Never raises."""
    try:
        message = _MESSAGE.decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return Said("plain", (clean(line),))
    if message.diagnostic:
        found = _diagnostic(message.diagnostic)
        return Said("diagnostic", render(found), found)
    if message.type == "outputs":
        return Said("outputs", tuple(_outputs(message.outputs or {})))
    text = tuple(clean(message.message).split("\n"))
    return Said(message.type or "plain", text, state=bytes(message.state))


def validation(text: bytes) -> tuple[Diagnostic, ...]:
    """The diagnostics of `terraform validate -json`; one of our own when it is not such JSON."""
    try:
        report = msgspec.json.decode(text, type=_Validation)
    except msgspec.DecodeError:
        return (Diagnostic(severity=Severity.ERROR, summary=clean(text.decode(errors="replace"))),)
    return tuple(_diagnostic(raw) for raw in report.diagnostics)


def plain(stderr: str, otherwise: str) -> Diagnostic:
    """One error out of the human-readable form, for what fails before the UI speaks JSON."""
    told = [_FRAME.sub("", clean(line)).strip() for line in stderr.splitlines()]
    kept = [line for line in told if line]
    begin = next((n for n, line in enumerate(kept) if line.startswith("Error: ")), 0)
    first, *rest = kept[begin:] or [otherwise]
    summary = first.removeprefix("Error: ")
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail="\n".join(rest))


def render(diagnostic: Diagnostic) -> tuple[str, ...]:
    """As Terraform shows it to a person, frame included."""
    title = f"{diagnostic.severity.capitalize()}: {diagnostic.summary}"
    body = [title, *_place(diagnostic), *([""] if diagnostic.detail else [])]
    body += diagnostic.detail.split("\n") if diagnostic.detail else []
    return ("╷", *(f"│ {line}".rstrip() for text in body for line in text.split("\n")), "╵")


def unready(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether all that Terraform misses is `init`."""
    errors = [d.summary for d in diagnostics if d.severity is Severity.ERROR]
    return bool(errors) and all(any(words in summary for words in _UNREADY) for summary in errors)


def advise(diagnostic: Diagnostic, *, simulated: bool) -> Diagnostic:
    """The same, and what to do about it where we know better than Terraform."""
    if diagnostic.summary.startswith("Backend initialization required"):
        return replace(diagnostic, summary="The configuration has a backend", detail=_BACKEND)
    missing = _NOT_FOUND.search(diagnostic.detail) if simulated else None
    if not missing:
        return diagnostic
    name = missing[1].removeprefix("registry.terraform.io/").removeprefix("registry.opentofu.org/")
    summary = f"Provider {name} is not known to the simulator"
    return replace(diagnostic, summary=summary, detail=_UNKNOWN.format(name=name))


def clean(text: str) -> str:
    """Without escape sequences and control characters; tabs and line ends stay."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def _diagnostic(raw: _Diagnostic) -> Diagnostic:
    place, snippet = raw.range or _Range(), raw.snippet or _Snippet()
    return Diagnostic(
        severity=Severity.WARNING if raw.severity == "warning" else Severity.ERROR,
        summary=clean(raw.summary),
        detail=clean(raw.detail),
        file=clean(place.filename),
        line=place.start.line,
        address=clean(raw.address),
        context=clean(snippet.context or ""),
        code=clean(snippet.code),
        values=tuple(clean(f"{v.traversal} {v.statement}") for v in snippet.values or ()),
    )


def _place(diagnostic: Diagnostic) -> list[str]:
    lines = [f"  with {diagnostic.address},"] if diagnostic.address else []
    if diagnostic.file:
        context = f", in {diagnostic.context}" if diagnostic.context else ""
        lines.append(f"  on {diagnostic.file} line {diagnostic.line}{context}:")
        first = diagnostic.code.split("\n")
        lines += [f"  {diagnostic.line + n:>3}: {code}" for n, code in enumerate(first) if code]
    lines += [f"    │ {value}" for value in diagnostic.values]
    return ["", *lines] if lines else []


def _outputs(outputs: dict[str, _Output]) -> list[str]:
    if any(output.action for output in outputs.values()):  # at plan they are only about to change
        return [f"Output {clean(name)}: {o.action}" for name, o in sorted(outputs.items())]
    return [f"{clean(name)} = {_value(output)}" for name, output in sorted(outputs.items())]


def _value(output: _Output) -> str:
    if output.sensitive:
        return "(sensitive value)"
    return clean(json.dumps(output.value, ensure_ascii=False))

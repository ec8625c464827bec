"""What Terraform complains of, as data."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """`file` is relative to the working directory, `line` counts from 1; empty and 0 when unknown.

    `context` names the block around it, `code` is the line itself, `values` what its expressions
    were, e.g. `var.size is "huge"`.
    """

    severity: Severity
    summary: str
    detail: str = ""
    file: str = ""
    line: int = 0
    address: str = ""
    context: str = ""
    code: str = ""
    values: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """`main.tf:3`, or the address, or nothing."""
        return f"{self.file}:{self.line}" if self.file else self.address

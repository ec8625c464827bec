"""What a gate says of a proposal or of its plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Ruling(StrEnum):
    """In order: the strictest wins."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


ORDER = tuple(Ruling)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a gate saw. `where` is a file and line, or an address; `mend` says how."""

    message: str
    where: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    ruling: Ruling
    gate: str
    reason: str
    findings: tuple[Finding, ...] = ()


def strictest(verdicts: Iterable[Verdict]) -> Ruling:
    """The ruling to obey. No verdict at all is DENY: a gate that did not run did not allow."""
    return max((v.ruling for v in verdicts), key=ORDER.index, default=Ruling.DENY)

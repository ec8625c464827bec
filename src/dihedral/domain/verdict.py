"""What a gate says of a proposal or of its plan, and what all of them say together."""

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
    """One thing that a gate saw. `where` is a file and line, or an address; `mend` says how, and
    `term` which of the workspace's terms is behind it, such as `tiers.delete`."""

    message: str
    where: str = ""
    mend: str = ""
    term: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`approvers` is how many people must say yes where the ruling is ASK."""

    ruling: Ruling
    gate: str
    reason: str
    findings: tuple[Finding, ...] = ()
    approvers: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """The strictest of the verdicts. `approvers` is 0 where nobody needs to say yes, or nobody can.

    `must_ask` says that a person must confirm, also where every gate allows: a workspace applies
    by itself only if it was told so.
    """

    ruling: Ruling
    reason: str
    verdicts: tuple[Verdict, ...]
    approvers: int
    must_ask: bool


def strictest(verdicts: Iterable[Verdict]) -> Ruling:
    """The ruling to obey. No verdict at all is DENY: a gate that did not run did not allow."""
    return max((v.ruling for v in verdicts), key=ORDER.index, default=Ruling.DENY)

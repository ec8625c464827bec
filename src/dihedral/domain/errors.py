"""The only exceptions we raise.

    Fault
    ├── Invalid      the caller's words make no sense      never worth a retry
    ├── Nobody       we do not know who you are
    ├── NotFound     no such thing, or none you may see
    │   └── Hidden   there is one, and only the record says so
    ├── Forbidden    you may see it but not do this
    ├── Conflict     it has moved on since you looked
    ├── OverBudget   there is no money left for it
    └── Upstream     something outside failed              worth a retry

A message is safe to show to anyone, and says what happened, why, and what to do next. What is not
safe goes to the log: `raise Upstream(...) from cause`. A gate that says no is not a fault: it is a
`Verdict`, and it is data.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Which budget is in the way. `subject` is whose it is, empty for the organization's; `used` is
    what is spent and held since then, None where a call alone is too dear; `needed` is None where
    nobody knows what it may come to. Amounts are of `unit`: a currency, or tokens. `lift` is the
    command by which a person with the right raises the cap."""

    budget: str
    purpose: str
    scope: str
    subject: str
    period: str
    since: date
    unit: str
    cap: Decimal
    used: Decimal | None
    needed: Decimal | None
    lift: str


class Fault(Exception):
    """`code` is stable and goes over the wire; `retry` says whether the same call may succeed."""

    code = "fault"
    retry = False


class Invalid(Fault):
    code = "invalid"


class Nobody(Fault):
    code = "nobody"


class NotFound(Fault):
    code = "not_found"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r}")


class Hidden(NotFound):
    """Told like any other NotFound; `why` is for the audit log alone."""

    def __init__(self, kind: str, name: str, why: str) -> None:
        super().__init__(kind, name)
        self.why = why


class Forbidden(Fault):
    code = "forbidden"


class Conflict(Fault):
    code = "conflict"


class OverBudget(Fault):
    code = "over_budget"

    def __init__(self, message: str, over: Over | None = None) -> None:
        super().__init__(message)
        self.over = over


class Upstream(Fault):
    code = "upstream"
    retry = True

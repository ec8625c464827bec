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


class Upstream(Fault):
    code = "upstream"
    retry = True

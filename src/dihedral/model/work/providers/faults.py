"""What goes wrong with one try on one endpoint. `spent` says whether it may have cost something:
False where it is known that it did not."""

from dihedral.domain.errors import Upstream


class Busy(Upstream):
    """Too many at once (429, 529). `retry_after` is in seconds, None where it does not say."""

    spent = False

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Down(Upstream):
    """It does not answer, or stopped in the middle; with `spent` nobody knows what it cost."""

    def __init__(self, message: str, *, spent: bool = True) -> None:
        super().__init__(message)
        self.spent = spent


class Refused(Upstream):
    """It does not take the call, or the credential; the same again helps nobody."""

    retry = False
    spent = False


class Garbled(Upstream):
    """It answered what nobody can read."""

    spent = True


OUTCOMES = {Busy: "busy", Down: "down", Refused: "refused", Garbled: "garbled"}

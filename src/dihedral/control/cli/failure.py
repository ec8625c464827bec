"""How a command ends when it does not end well.

Exit status  0 done · 1 a fault · 2 not understood · 3 refused, by a gate or a person
"""

FAULT, USAGE, REFUSED = 1, 2, 3


class Failure(Exception):
    """What to print, and the exit status. `code` is the API's, where it answered."""

    def __init__(self, message: str, status: int = FAULT, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code

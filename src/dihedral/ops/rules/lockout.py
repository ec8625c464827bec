"""How long somebody waits after logins that failed: not at all at first, then ever longer.

An account waits after five in a row, whoever tried, so that a crowd of addresses does not help; an
address after twenty, so that one does not try them all. The wait has an end, since who locks others
out of their accounts is an attacker, too.
"""

from datetime import datetime, timedelta

FREE_PERSON, FREE_ADDRESS = 5, 20  # failures that cost no wait
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)  # without a further one, all are


def wait(failures: int, free: int) -> timedelta:
    """After so many in a row."""
    if failures < free:
        return timedelta(0)
    doubled: timedelta = FIRST * 2 ** min(failures - free, 10)
    return min(LONGEST, doubled)


def until(failures: int, last_at: datetime, free: int) -> datetime:
    """From when on the next one counts."""
    return last_at + wait(failures, free)

"""The provider `time`: reckoning from a fixed instant, since the simulator has no clock.

Units   instants are RFC 3339 in UTC, whole seconds.
"""

import hashlib
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any

Values = dict[str, Any]

DAWN = datetime(2025, 1, 1, tzinfo=UTC)  # when nothing says otherwise, everything is made now
STEPS = ("days", "hours", "minutes", "seconds")
PARTS = ("year", "month", "day", "hour", "minute", "second")


def static(mode: str, planned: Values, seed: bytes) -> Values:
    at = _instant(planned.get("rfc3339"))
    return _parts(at) | {"rfc3339": _text(at), "id": _text(at)}


def offset(mode: str, planned: Values, seed: bytes) -> Values:
    base = _instant(planned.get("base_rfc3339"))
    at = _moved(base, planned, "offset_")
    return _parts(at) | {"rfc3339": _text(at), "base_rfc3339": _text(base), "id": _text(base)}


def rotating(mode: str, planned: Values, seed: bytes) -> Values:
    """It never falls due: time stands still."""
    at = _instant(planned.get("rfc3339"))
    due = _text(_moved(at, planned, "rotation_"))
    return _parts(at) | {"rfc3339": _text(at), "id": _text(at), "rotation_rfc3339": due}


def sleep(mode: str, planned: Values, seed: bytes) -> Values:
    """It does not wait: there is nothing to wait for."""
    return {"id": _text(DAWN + timedelta(seconds=hashlib.sha256(seed).digest()[0]))}


def _instant(written: Any) -> datetime:
    if not isinstance(written, str):
        return DAWN
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except ValueError as cause:
        raise ValueError(f"{written!r} is no time; write one like 2025-01-01T00:00:00Z") from cause


def _moved(at: datetime, planned: Values, prefix: str) -> datetime:
    amounts = {step: _whole(planned.get(prefix + step)) for step in STEPS}
    months = 12 * _whole(planned.get(prefix + "years")) + _whole(planned.get(prefix + "months"))
    return _months_on(at, months) + timedelta(**amounts)


def _months_on(at: datetime, months: int) -> datetime:
    """A day that the month does not have runs over into the next: 31 January + 1 is 3 March."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    days = monthrange(year, month + 1)[1]
    over = max(at.day - days, 0)
    return at.replace(year=year, month=month + 1, day=at.day - over) + timedelta(days=over)


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _parts(at: datetime) -> Values:
    return {part: getattr(at, part) for part in PARTS} | {"unix": int(at.timestamp())}


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

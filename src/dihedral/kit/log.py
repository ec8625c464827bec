"""Logs: one line an event, keyed by fields, on stderr. Facts go to the database; logs are for us.

log.event(logger, "run planned", run=run.id, seconds=1.3)

What takes known secrets out of a text is given to `hide`, or to `hiding` for as long as somebody
works with them; every line passes through all of these, its traceback too, however it was made.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

_FIELDS = "fields"
_QUIET = {"psycopg.pool": logging.ERROR, "httpx": logging.WARNING, "procrastinate": logging.WARNING}


_clears: list[Callable[[str], str]] = []  # of the process, as its loggers are


class Secret:
    """A text that does not show itself; `reveal` where it must be known."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is neither pickled nor copied; reveal it where it must be known")


def event(
    logger: logging.Logger, message: str, *, level: int = logging.INFO, **fields: object
) -> None:
    """One line. Fields are words, numbers, None, or anything with a `str` fit to be read."""
    logger.log(level, message, extra={_FIELDS: fields}, stacklevel=2)


def hide(clear: Callable[[str], str]) -> None:
    """From now on no line is written that this has not cleared."""
    _clears.append(clear)


@contextmanager
def hiding(clear: Callable[[str], str]) -> Iterator[None]:
    """The same while the block runs."""
    _clears.append(clear)
    try:
        yield
    finally:
        _clears.remove(clear)


def setup(form: str = "text", level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sends all logs to `stream` (stderr), as `json` or `text`. Raises ValueError."""
    forms = {"text": Text, "json": Json}
    if form not in forms or level.upper() not in logging.getLevelNamesMapping():
        raise ValueError(f"logs are text or json and have a level such as INFO, not {form} {level}")
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(forms[form]())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name, floor in _QUIET.items():
        logging.getLogger(name).setLevel(max(floor, root.level))


class _Handler(logging.StreamHandler[TextIO]):
    """What cannot be written is named and not shown: it has not been cleared."""

    def handleError(self, record: logging.LogRecord) -> None:
        if logging.raiseExceptions:
            kind = type(sys.exception()).__name__
            sys.stderr.write(f"a line of {record.name}:{record.lineno} is not logged: {kind}\n")


class _Cleared(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = self.line(record)
        for clear in tuple(_clears):
            text = clear(text)
        return text

    def line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError


class Json(_Cleared):
    """A JSON object a line; our own keys cannot be overwritten by fields."""

    def line(self, record: logging.LogRecord) -> str:
        told = {
            **_fields(record),
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str, ensure_ascii=False)


class Text(_Cleared):
    """`12:30:01 INFO    run planned  run=run-1 seconds=1.3`, an exception below it."""

    def line(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={_plain(value)}" for key, value in _fields(record).items())
        message = " ".join(record.getMessage().splitlines())
        line = f"{_at(record)[11:19]} {record.levelname:<7} {message}"
        line = f"{line}  {fields}" if fields else line
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = getattr(record, _FIELDS, {})
    return fields if isinstance(fields, dict) else {}


def _plain(value: object) -> str:
    text = str(value)
    return text if text and not any(c.isspace() or c in '"=' for c in text) else json.dumps(text)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

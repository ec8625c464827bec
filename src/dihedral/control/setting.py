"""A setting: a field that knows its variable, how that is read, and what it is for."""

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(
    default: Any, variable: str, read: Callable[[str], Any], help: str, said: str = ""
) -> Any:
    """A field and what it knows of itself; `said` is its default in words where that says more."""
    about = {"env": variable, "help": help, "read": read, "said": said}
    return field(default=default, metadata=about)

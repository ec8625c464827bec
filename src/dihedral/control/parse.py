"""Words of the environment as values. Each raises ValueError, saying what would do."""

import ipaddress
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from dihedral.domain.right import Role, Where

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNITS = {"s": 1, "m": 60, "h": 3600}
_SIZES = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_YES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def text(given: str) -> str:
    return given


def url(given: str) -> str:
    """A whole address without a slash at its end; `http:` only of this machine."""
    parts = urlsplit(given)
    host = parts.hostname or ""
    near = host == "localhost" or host.startswith("127.") or host == "::1"
    fine = parts.scheme == "https" or (parts.scheme == "http" and near)
    extra = parts.query or parts.fragment or parts.username or "?" in given or "#" in given
    if not fine or not host or extra or given != given.strip() or given.endswith("/"):
        raise ValueError("it is such as https://dihedral.example, without a slash at its end")
    return given


def networks(text: str) -> tuple[Network, ...]:
    """Separated by commas or spaces; everybody is no network."""
    try:
        found = tuple(ipaddress.ip_network(word) for word in words(text))
    except ValueError:
        raise ValueError("it is addresses and networks such as 10.0.0.7, 10.1.0.0/16") from None
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("it is the proxies' own addresses; everybody cannot be trusted")
    return found


def issuer(given: str) -> str:
    """A URL, where a slash at the end is part of a name that must be met exactly."""
    url(given.removesuffix("/"))
    return given


def path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def paths(text: str) -> tuple[Path, ...]:
    return tuple(path(part) for part in text.split(os.pathsep) if part)


def words(text: str) -> tuple[str, ...]:
    """Separated by commas or spaces."""
    return tuple(text.replace(",", " ").split())


def yes_or_no(text: str) -> bool:
    try:
        return _YES[text.lower()]
    except KeyError:
        raise ValueError("it is 1 or 0") from None


def between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"it is a whole number from {low} to {high}")
        return int(text)

    return parse


def duration(text: str) -> timedelta:
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        value = timedelta(seconds=float(number) * _UNITS[unit])
    except (ValueError, OverflowError):
        raise ValueError("it is a time such as 30s, 10m or 1h") from None
    if not timedelta(0) < value <= timedelta(days=1):
        raise ValueError("it is more than nothing and at most a day (24h)")
    return value


def size(text: str) -> int:
    unit = text[-2:].upper()
    number = text[:-2] if unit in _SIZES else text
    if not number.strip().isdigit() or int(number) == 0:
        raise ValueError("it is a size such as 512KB or 50MB")
    return int(number) * _SIZES.get(unit, 1)


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"it is one of {', '.join(choices)}")
        return text

    return parse


def groups(given: str) -> tuple[tuple[str, Role, Where], ...]:
    """`platform=administrator, web=operator@project:web`: what a login gives to whose group it
    names. Group names have no comma in them."""
    return tuple(_group(part.strip()) for part in given.split(",") if part.strip())


def _group(text: str) -> tuple[str, Role, Where]:
    name, _, given = text.rpartition("=")
    role, at, place = given.partition("@")
    kind, _, where = place.partition(":")
    if not name.strip() or role not in list(Role):
        raise ValueError(
            f"it is groups and their roles, such as platform=administrator; roles are"
            f" {', '.join(Role)}"
        )
    if at and (kind not in ("project", "workspace") or not where):
        raise ValueError("a role's place is such as @project:web or @workspace:orders")
    return name.strip(), Role(role), Where(**{kind: where} if at else {})

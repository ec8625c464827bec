"""Builtins of OPA that the embedded engine lacks, and those that it must not have.

Shape   name → how many arguments, and the function. Values come as Python has them; a set inside
        an argument cannot come at all, which is an error, and so a denial.
Source  openpolicyagent.org/docs/policy-reference/builtins
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Builtin = Callable[..., Any]


def cidr_intersects(one: str, other: str) -> bool:
    first, second = _network(one), _network(other)
    return first.version == second.version and first.overlaps(second)


def cidr_merge(given: list[str]) -> list[str]:
    """The smallest list of networks, in order; a plain address is a network of one."""
    networks = [_network(text) for text in given]
    merged: list[str] = []
    for version in (4, 6):
        same = [n for n in networks if n.version == version]
        merged += map(str, ipaddress.collapse_addresses(same))  # type: ignore[type-var]
    return merged


def _network(text: str) -> Network:
    return ipaddress.ip_network(text, strict=False)


def _hash(name: str) -> Builtin:
    return lambda text: hashlib.new(name, _text(text).encode(), usedforsecurity=False).hexdigest()


def _keyed(name: str) -> Builtin:
    return lambda text, key: hmac.new(_text(key).encode(), _text(text).encode(), name).hexdigest()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it takes text")
    return value


def _never(why: str) -> Builtin:
    def refuse(*_: Any) -> Any:
        raise PermissionError(why)

    return refuse


_NET = "a policy may not reach the network"
_HOST = "a policy may not ask about this machine"
# fmt: off
MORE: Mapping[str, tuple[int, Builtin]] = {
    "net.cidr_intersects": (2, cidr_intersects),
    "net.cidr_merge": (1, cidr_merge),
    "crypto.md5": (1, _hash("md5")),
    "crypto.sha1": (1, _hash("sha1")),
    "crypto.sha256": (1, _hash("sha256")),
    "crypto.hmac.md5": (2, _keyed("md5")),
    "crypto.hmac.sha1": (2, _keyed("sha1")),
    "crypto.hmac.sha256": (2, _keyed("sha256")),
    "crypto.hmac.sha512": (2, _keyed("sha512")),
    "http.send": (1, _never(_NET)),  # the engine has one that silently says nothing
    "net.lookup_ip_addr": (1, _never(_NET)),
    "opa.runtime": (0, _never(_HOST)),
}
# fmt: on

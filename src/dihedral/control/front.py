"""How this server is reached: by programs of its machine alone, or by others under its public URL.

Others reach it with TLS, its own or that of a proxy in front of it which is named. Nothing that a
call says of itself is believed, but what such a proxy wrote.

Source  RFC 7239 for `Forwarded`; `X-Forwarded-For`, `-Proto` and `-Host` by custom.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from dihedral.control.parse import Network
from dihedral.control.settings import Settings
from dihedral.domain.errors import Invalid

PORTS = {"http": 80, "https": 443}
CUSTOM = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
_PAIR = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s";,=]*)\s*(;|,|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`shared`: others than this machine reach it, as `origin` (`https://dihedral.example`)."""

    shared: bool = False
    origin: str = ""
    tls: bool = False
    proxies: tuple[Network, ...] = ()

    @property
    def solo(self) -> bool:
        """Whether all who come are programs of this machine, so that it belongs to one person."""
        return not self.shared and not self.tls


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how: the address that counts, the scheme and the host that it used.
    `direct` where nothing says that a proxy was between."""

    address: str
    scheme: str
    host: str
    direct: bool = True

    @property
    def local(self) -> bool:
        """A program of this machine, that means this machine."""
        return self.direct and loopback(self.address) and loopback(bare(self.host))

    @property
    def origin(self) -> str:
        return origin(self.scheme, self.host)


def front(settings: Settings) -> Front:
    """Raises Invalid where others would reach the server in the clear, or by any name."""
    far = not loopback(settings.host)
    tls = settings.tls_cert is not None
    if tls != (settings.tls_key is not None):
        raise Invalid("DIHEDRAL_TLS_CERT and DIHEDRAL_TLS_KEY are files of one pair; set both")
    if far and not tls and not settings.proxies:
        raise Invalid(
            f"{settings.host} can be reached by others: give the server TLS (DIHEDRAL_TLS_CERT and"
            " DIHEDRAL_TLS_KEY), name the proxy before it that has TLS (DIHEDRAL_TRUSTED_PROXIES),"
            " or listen on 127.0.0.1"
        )
    shared = far or bool(settings.proxies)
    if shared and not settings.public_url.startswith("https://"):
        raise Invalid(
            "others reach this server, so say by which name: DIHEDRAL_PUBLIC_URL, such as"
            " https://dihedral.example; it answers to no other"
        )
    parts = urlsplit(settings.public_url)
    known = origin(parts.scheme, parts.netloc) if parts.netloc else ""
    return Front(shared=shared, origin=known, tls=tls, proxies=settings.proxies)


def caller(peer: str, scheme: str, headers: Headers, proxies: Sequence[Network]) -> Caller:
    """Who stands behind a connection from `peer`. Raises Invalid for what cannot be told."""
    custom = [name for name in CUSTOM if name in headers]
    seen = Caller(_plain(peer), scheme, headers.get("host", ""))
    if not custom and "forwarded" not in headers:
        return seen
    if not _within(seen.address, proxies):
        return replace(seen, direct=False)
    if custom and "forwarded" in headers:
        raise Invalid(
            f"the proxy passes on both Forwarded and {custom[0]}, one of which anybody may have"
            " written; let it remove the one that it does not write itself"
        )
    if custom:
        scheme = (_listed(headers, CUSTOM[1]) or [scheme])[-1].lower()
        host = (_listed(headers, CUSTOM[2]) or [seen.host])[-1]
        way = _listed(headers, CUSTOM[0])
    else:
        hops = list(_elements(",".join(headers.getlist("forwarded")))) or [{}]
        scheme, host = hops[-1].get("proto", scheme).lower(), hops[-1].get("host", seen.host)
        way = [hop.get("for", "") for hop in hops]
    if scheme not in PORTS:
        raise Invalid(f"the proxy says that the call came by {scheme!r}; it is http or https")
    return Caller(_last(seen.address, way, proxies), scheme, host, direct=False)


def loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bare(host: str) -> str:
    """`[::1]:7370` is `::1`, `localhost:7370` is `localhost`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def origin(scheme: str, host: str) -> str:
    """As a browser writes it: lower case, and without the port that goes without saying."""
    return f"{scheme}://{host.lower().removesuffix(f':{PORTS[scheme]}')}"


def _last(peer: str, way: Iterable[str], proxies: Sequence[Network]) -> str:
    """The nearest that is no proxy of ours: whatever stands before it, it may have invented."""
    found = peer
    for text in reversed(list(way)):
        if not _within(found, proxies):
            break
        try:
            found = _plain(str(ipaddress.ip_address(bare(text))))
        except ValueError:  # `unknown`, `_hidden`, or nonsense: the proxy that wrote it counts
            break
    return found


def _plain(address: str) -> str:
    """An IPv4 address that was written as an IPv6 one is the IPv4 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def _listed(headers: Headers, name: str) -> list[str]:
    return [part.strip() for line in headers.getlist(name) for part in line.split(",")]


def _elements(text: str) -> Iterator[dict[str, str]]:
    """The hops of `Forwarded`. Raises Invalid."""
    at, hop = 0, dict[str, str]()
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None:
            raise Invalid("the Forwarded header that the proxy sends cannot be read")
        hop[found[1].lower()] = found[2].strip('"')
        at = found.end()
        if found[3] != ";":
            yield hop
            hop = {}

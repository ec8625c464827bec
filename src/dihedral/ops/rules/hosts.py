"""Which places on the network a workspace may reach.

Shape   an entry is a name, `*.` and a name for all below it, an address, or a network as
        `10.0.0.0/8`; each with `:PORT` behind it, or for port 443. An IPv6 address with a port
        stands in brackets.

Surprise: a name that is allowed may still lead to this machine or into its network, for whoever
runs the name decides. So an address that is not of the public internet must be listed itself; a
private one is fine too where the name is listed whole, for its owner then knows it.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

HTTPS = 443
# where AWS, Azure and Alibaba Cloud answer their machines, beside the link-local 169.254.169.254
METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("fd00:ec2::254", "168.63.129.16", "100.100.100.200")
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list; `network` is set where it is an address or a network."""

    name: str
    port: int
    network: Network | None = None

    @property
    def whole(self) -> bool:
        return self.network is None and not self.name.startswith("*.")


def parse(text: str) -> Entry:
    """Raises ValueError, and says what an entry looks like."""
    name, port = _split(text.strip().lower().rstrip("."))
    network = _network(name)
    if network is None and not _is_name(name.removeprefix("*.")):
        raise ValueError(f"{text!r} is no host: write a name, `*.` and a name, or an address")
    return Entry(name, port, network)


def fits(hosts: Sequence[Entry], name: str, port: int) -> Entry | None:
    """The entry by which `name` may be asked for; the one that says most, None where none does."""
    name = name.lower().rstrip(".")
    address = _address(name)
    fitting = [e for e in hosts if e.port == port and _covers(e, name, address)]
    return max(fitting, key=lambda entry: (entry.whole, len(entry.name)), default=None)


def barred(hosts: Sequence[Entry], entry: Entry, address: str) -> str:
    """Why a connection must not go to `address`, though `entry` fits its name; empty if it may."""
    found = _address(address)
    if found is None:
        return f"{address} is no address"
    if found.is_global and not found.is_multicast and found not in METADATA:
        return ""
    if any(e.network and e.port == entry.port and found in e.network for e in hosts):
        return ""
    if entry.whole and found.is_private and not _near(found):
        return ""
    return f"{found} is {_kind(found)}; list the address itself if that is meant"


def _covers(entry: Entry, name: str, address: Address | None) -> bool:
    if address is not None:
        return entry.network is not None and address in entry.network
    if entry.name.startswith("*."):
        return name.endswith(entry.name[1:]) and len(name) > len(entry.name) - 1
    return entry.network is None and name == entry.name


def _split(text: str) -> tuple[str, int]:
    if text.startswith("["):
        name, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        name, _, port = text.partition(":")
    else:
        name, port = text, ""
    if not port:
        return name, HTTPS
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise ValueError(f"{text!r} has no port between 1 and 65535")
    return name, int(port)


def _is_name(text: str) -> bool:
    """A name of at least two labels, or `localhost`; letters of other scripts come as xn--."""
    labels = text.split(".")
    return text == "localhost" or (len(labels) > 1 and len(text) < 254 and all(map(_label, labels)))


def _label(text: str) -> bool:
    plain = text.replace("-", "").replace("_", "")
    return 0 < len(text) < 64 and plain.isascii() and plain.isalnum() and text[0] != "-"


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _address(text: str) -> Address | None:
    """An IPv4 address in IPv6 clothes is what it is beneath."""
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def _near(address: Address) -> bool:
    """Of this very machine, or where its cloud answers it."""
    own = address.is_loopback or address.is_link_local or address in METADATA
    return own or address.is_unspecified or address.is_reserved


_KINDS = (
    ("is_loopback", "this machine itself"),
    ("is_link_local", "link-local, where clouds keep a machine's credentials"),
    ("is_multicast", "a multicast address"),
    ("is_private", "of a private network"),
)


def _kind(address: Address) -> str:
    if address in METADATA:
        return "where clouds keep a machine's credentials"
    return next((said for test, said in _KINDS if getattr(address, test)), "not of the internet")

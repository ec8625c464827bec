"""Where an endpoint may be: what an administrator may name as its address.

A call carries a credential and what people wrote, so it goes over TLS, or stays near: to this
machine, to a private network, to a name without a dot (a container beside us). What gives out a
machine's own credentials (link-local addresses) is no model. A name is not looked up here: whoever
runs its DNS decides where it leads.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from dihedral.domain.errors import Invalid
from dihedral.domain.model import Wire

LONGEST = 500
_HIDDEN = re.compile(r"[0-9]+|0x[0-9a-f]*")  # numbers that a resolver takes for an address
NEAR = ("localhost", ".localhost", ".local", ".internal", ".svc", ".cluster.local")
SELLERS = {  # of models, by host: those whose prices we know
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.x.ai": "xai",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
}
OWN = {Wire.OPENAI: "openai", Wire.ANTHROPIC: "anthropic", Wire.GOOGLE: "google"}
INDOORS = frozenset({Wire.LOCAL, Wire.SCRIPTED})  # in our own process, from a file


def check(wire: Wire, url: str, *, insecure: bool = False) -> str:
    """The address without a slash at its end; empty is the wire's own. Raises Invalid."""
    if not url:
        return ""
    if wire in INDOORS:
        if not url.startswith("/") or not url.isprintable() or len(url) > LONGEST:
            raise Invalid(f"the address of wire {wire} is the path of a file here: /…")
        return url
    parts = _parts(url)
    _demand_reachable(parts)
    if parts.scheme == "http" and not insecure and not _near(parts.hostname or ""):
        raise Invalid(
            f"{url} would carry the credential and every text in the clear: say https://, or"
            " `--insecure` where the network itself is trusted"
        )
    return url.rstrip("/")


def seller(wire: Wire, url: str) -> str:
    """Who sells the model at that address; empty where that is nobody whose prices we know."""
    if wire is Wire.BEDROCK:
        return "bedrock"
    if not url:
        return OWN.get(wire, "")
    return SELLERS.get(urlsplit(url).hostname or "", "")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not fine or not plain or len(url) > LONGEST:
        raise Invalid(
            "an address is such as https://models.example/v1 or http://127.0.0.1:11434/v1"
        )
    if "@" in parts.netloc:
        raise Invalid("an address holds no credential: give it apart (`--secret-from-env NAME`)")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise Invalid("an address has no query and no fragment; say it without")
    return parts


def _demand_reachable(parts: SplitResult) -> None:
    found = _ip(parts.hostname or "")
    if found and (found.is_link_local or found.is_multicast or found.is_unspecified):
        raise Invalid(f"{parts.hostname} is no model's address: name the machine that serves it")
    if found is None and _HIDDEN.fullmatch((parts.hostname or "").rstrip(".").rpartition(".")[2]):
        raise Invalid(f"{parts.hostname} is an address written so that it hides; write it plainly")


def _near(host: str) -> bool:
    found = _ip(host)
    if found is not None:
        return found.is_private or found.is_loopback
    return "." not in host or host.endswith(NEAR[1:])


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found

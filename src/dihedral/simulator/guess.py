"""A plausible value for an attribute, from its name and type alone: a table, read from the top."""

from collections.abc import Callable

from dihedral.simulator import cty
from dihedral.simulator.cty import Value
from dihedral.simulator.schema import Type
from dihedral.simulator.seed import DAWN, Maker

# what AWS calls things: the id that is asked for, and the letters that it begins with
PREFIXES = {
    "vpc_id": "vpc",
    "subnet_id": "subnet",
    "network_interface_id": "eni",
    "security_group_id": "sg",
    "route_table_id": "rtb",
    "network_acl_id": "acl",
    "association_id": "assoc",
    "allocation_id": "eipalloc",
    "volume_id": "vol",
    "instance_id": "i",
    "image_id": "ami",
    "snapshot_id": "snap",
}
ONES = frozenset(
    ["version", "latest_version", "revision", "default_version", "min_capacity", "desired_capacity"]
)


def _host(maker: Maker, salt: str) -> str:
    return f"{maker.seed.hex(12, salt)}.{maker.service}.{maker.region}.amazonaws.com"


def _arn(maker: Maker, salt: str) -> str:
    start = f"arn:aws:{maker.service}:{maker.region}:{maker.account}"
    word = salt.rsplit(".", 1)[-1].removesuffix("arn").strip("_")
    return f"{start}:{word or 'resource'}/{maker.seed.hex(12, salt)}"


# The words that a name ends in (or is), and how such a value is made. The first that fits wins.
# fmt: off
ENDINGS: tuple[tuple[tuple[str, ...], Callable[[Maker, str], str]], ...] = (
    (("arn",), _arn),
    (("owner_id", "account_id", "owner", "registry_id", "catalog_id"), lambda m, s: m.account),
    (("region",), lambda m, s: m.region),
    (("uuid",), lambda m, s: m.seed.uuid(s)),
    (("availability_zone",), lambda m, s: m.region + "a"),
    (("public_ip", "public_ipv4", "carrier_ip"), lambda m, s: m.seed.public_address(s)),
    (("private_ip", "ip_address", "private_ipv4"), lambda m, s: m.seed.private_address(s)),
    (("dns_name", "dns", "domain_name", "hostname", "endpoint", "address", "domain"), _host),
    (("url", "uri", "issuer", "link"), lambda m, s: "https://" + _host(m, s)),
    (("at", "date", "time", "timestamp", "last_modified", "created", "updated"), lambda m, s: DAWN),
    (("volume_type",), lambda m, s: "gp3"),
    (("device_name",), lambda m, s: "/dev/xvda"),
    (("status", "state"), lambda m, s: "ACTIVE"),
    (("etag", "fingerprint", "checksum"), lambda m, s: m.seed.hex(32, s)),
    (("ip_family",), lambda m, s: "ipv4"),
    (("service_ipv4_cidr",), lambda m, s: "172.20.0.0/16"),
    (("ipv6_cidr_block", "ipv6_cidr"), lambda m, s: ""),
    (("cidr_block", "cidr"), lambda m, s: "10.0.0.0/16"),
    (("id",), lambda m, s: m.seed.hex(16, s)),
    (("policy", "json"), lambda m, s: "{}"),
    (("version",), lambda m, s: "1"),
    (("secret_string", "password", "token"), lambda m, s: "simulated-" + m.seed.hex(16, s)),
    (("name",), lambda m, s: "sim-" + m.seed.hex(8, s)),
)
# fmt: on


def guess(maker: Maker, name: str, shape: Type, path: tuple[str, ...]) -> Value:
    """A known value of type `shape`; the same for the same maker and path."""
    what = cty.kind(shape)
    if what == "string":
        return text(maker, name, ".".join(path))
    if what == "number":
        return 443 if name == "port" else int(name in ONES)
    if what == "object":
        return {n: guess(maker, n, inner, (*path, n)) for n, inner in shape[1].items()}
    if what == "list" and cty.kind(shape[1]) == "object":
        return [guess(maker, name, shape[1], path)]
    return cty.empty(shape)


def text(maker: Maker, name: str, salt: str) -> str:
    for ending, prefix in PREFIXES.items():
        if _ends(name, ending):
            return f"{prefix}-0{maker.seed.hex(16, salt)}"
    for endings, make in ENDINGS:
        if any(_ends(name, ending) for ending in endings):
            return make(maker, salt)
    return ""


def _ends(name: str, ending: str) -> bool:
    return name == ending or name.endswith("_" + ending)


def settled(maker: Maker, name: str, shape: Type, value: Value, path: tuple[str, ...]) -> Value:
    """The value with every unknown in it made known; what was known stays."""
    if cty.unknown(value):
        return guess(maker, name, shape, path)
    what = cty.kind(shape)
    if isinstance(value, list) and what in cty.MANY:
        return [
            settled(maker, name, shape[1], one, (*path, str(place)))
            for place, one in enumerate(value)
        ]
    if isinstance(value, dict) and what in ("map", "object"):
        members = shape[1] if what == "object" else dict.fromkeys(value, shape[1])
        return {n: settled(maker, n, members[n], one, (*path, n)) for n, one in value.items()}
    return value

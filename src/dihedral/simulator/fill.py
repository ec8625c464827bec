"""A planned object made whole: every unknown gets the value that the cloud would have answered."""

from collections.abc import Callable, Mapping

from dihedral.simulator import cty
from dihedral.simulator.cty import Object, Value, unknown, unsure
from dihedral.simulator.guess import guess, settled
from dihedral.simulator.plan import Kind, Path, blank, each_block
from dihedral.simulator.schema import Attribute, Block, BlockType, nothing, type_of
from dihedral.simulator.seed import Maker

Special = Mapping[tuple[str, str], Callable[[Maker, Object], Value]]

# A cloud answers an optional attribute that nobody wrote with an empty value, these excepted:
# filling all would put a `host_id` on every machine, filling none breaks modules that check.
ANSWERED = frozenset(
    [
        "availability_zone",
        "availability_zone_id",
        "cidr_block",
        "certificate_arn",
        "db_cluster_parameter_group_name",
        "db_parameter_group_name",
        "db_subnet_group_name",
        "default_route_table_id",
        "default_version",
        "dhcp_options_id",
        "domain",
        "engine_version",
        "id",
        "identifier",
        "key_id",
        "location",
        "maintenance_window",
        "name",
        "network_border_group",
        "network_interface_id",
        "option_group_name",
        "owner_id",
        "parameter_group_name",
        "platform_version",
        "port",
        "private_dns",
        "private_ip",
        "project",
        "public_ip",
        "region",
        "role_arn",
        "self_link",
        "statement_id",
        "subnet_id",
        "uid",
        "version",
        "vpc_id",
        "zone",
        "zone_id",
    ]
)
ANSWERS: Mapping[str, Value] = {
    "maintenance_window": "sun:03:00-sun:03:30",
    "preferred_maintenance_window": "sun:03:00-sun:03:30",
    "backup_window": "02:00-02:30",
    "preferred_backup_window": "02:00-02:30",
    "engine_version": "1.0",
}
# inside a block the same holds, for other names
ANSWERED_INSIDE = frozenset(
    ["device_name", "volume_type", "ip_family", "service_ipv4_cidr", "uid", "id"]
)
# computed blocks that a cloud answers with one element, where nobody wrote any
PRESENT = frozenset(
    [
        "access_config",
        "cpu_options",
        "enclave_options",
        "ephemeral_storage",
        "kubernetes_network_config",
        "logging_config",
        "maintenance_options",
        "metadata_options",
        "point_in_time_recovery",
        "private_dns_name_options",
        "root_block_device",
        "tracing_config",
        "ttl",
        "update_config",
        "upgrade_policy",
    ]
)


def filled(kind: Kind, planned: Object, maker: Maker, special: Special) -> Object:
    """`planned` without unknowns. `special` says what some attributes mean; the rest is guessed."""
    out = dict(planned)
    for name, attribute in kind.block.attributes.items():
        if unsure(out.get(name)):
            out[name] = _attribute(kind, name, attribute, out, maker, special)
    return _blocks(kind, kind.block, out, maker, ())


def _attribute(
    kind: Kind, name: str, attribute: Attribute, out: Object, maker: Maker, special: Special
) -> Value:
    value, shape = out[name], type_of(attribute)
    if not unknown(value):
        return settled(maker, name, shape, value, (name,))
    meaning = special.get((kind.name, name)) if kind.mode == "resource" else None
    if meaning is not None:
        return meaning(maker, out)
    if attribute.optional and kind.mode == "resource":
        if name in ANSWERS:
            return ANSWERS[name]
        if name not in ANSWERED:
            return cty.empty(shape)
    return guess(maker, name, shape, (name,))


def _blocks(kind: Kind, block: Block, out: Object, maker: Maker, path: Path) -> Object:
    for name, inner in block.block_types.items():
        here = (*path, name)
        value = _present(kind, inner, name) if unknown(out.get(name)) else out.get(name)
        out[name] = each_block(
            inner, value, lambda one, i=inner, p=here: _inside(kind, i.block, one, maker, p)
        )
    return out


def _present(kind: Kind, inner: BlockType, name: str) -> Value:
    if name in PRESENT and inner.nesting_mode in cty.MANY:
        return [blank(Kind(kind.name, inner.block))]
    return nothing(inner.nesting_mode)


def _inside(kind: Kind, block: Block, one: Object, maker: Maker, path: Path) -> Object:
    out = dict(one)
    for name, attribute in block.attributes.items():
        value, shape = out.get(name), type_of(attribute)
        if unknown(value) and attribute.optional and not _answered_inside(name):
            out[name] = cty.empty(shape)
        elif unsure(value):
            out[name] = settled(maker, name, shape, value, (*path, name))
    return _blocks(kind, block, out, maker, path)


def _answered_inside(name: str) -> bool:
    return name in ANSWERED_INSIDE or name.endswith("cidr")

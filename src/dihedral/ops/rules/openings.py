"""What a change opens that was not open before: to the internet, to other accounts, to rights.

Shape   a rule reads the attributes of one side of a change. What both sides have is not new, nor
        is what a wider opening covered before.
Source  hashicorp/aws (and a few of google, azurerm, kubernetes), attributes by their meaning.
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

from dihedral.domain.change import Action, Change, Object
from dihedral.ops.rules import crossings, privileges, statements
from dihedral.ops.rules.opening import Opening, Ports, new
from dihedral.ops.rules.statements import listed

ADMIN_PORTS = (22, 3389, 5985, 5986)
_QUIET = (Action.NOOP, Action.READ, Action.FORGET)
_ORDER = ("exposes", "admin", "opens", "crosses", "privilege", "unknown")

Rule = Callable[[Object], Iterator[Opening]]


def of(change: Change, own: Set[str] = frozenset()) -> tuple[Opening, ...]:
    """What this change opens that was not open before, the worst first.

    `own` are the accounts that are known to be the plan's own.
    """
    if change.action in _QUIET:
        return ()
    before, after = change.before or {}, change.after or {}
    but = statements.same(before, after) if before and after else []
    found = set(_side(change.type, after, own, but))
    if found and before:
        found = set(new(found, _side(change.type, before, own, but)))
    if before and after:
        found |= set(privileges.bounds(change.type, before, after, but))
    elif before and change.type in _BLOCKS and any(before.get(f) is True for f in _FLAGS):
        found.add(Opening("the way for a public bucket (its block is removed)"))
    found |= set(_blind(change))
    return tuple(sorted(found, key=lambda o: (_ORDER.index(o.tier), o.what)))


def world(cidr: Any) -> bool:
    """Whether a range is the whole internet, or so much of it that it makes no difference."""
    if not isinstance(cidr, str):
        return False
    if cidr.lower() in ("*", "internet", "any"):
        return True
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    if network.version == 4:
        return network.prefixlen < 8
    return network.prefixlen < 16 and not cidr.lower().startswith(("fc", "fd", "fe"))


def _most(ranges: Sequence[Any]) -> bool:
    """Whether many ranges together are so much of the internet."""
    sizes = [str(cidr).rpartition("/")[2] for cidr in ranges if not str(cidr).startswith("10.")]
    v4 = [int(size) for size in sizes if size.isdigit() and int(size) <= 32]
    return len(v4) >= _MANY and sum(2 ** (32 - size) for size in v4) > 2**28


_MANY = 16


def _side(kind: str, values: Object, own: Set[str], but: Sequence[str]) -> Iterator[Opening]:
    if not values:
        return
    if rule := _RULES.get(kind):
        yield from rule(values)
    if values.get("publicly_accessible") is True:
        yield Opening("a database or broker with a public address")
    if values.get("member") in _ALL_OF_GOOGLE or _ALL_OF_GOOGLE & set(
        m for m in listed(values.get("members")) if isinstance(m, str)
    ):
        yield Opening("what it guards to everybody (allUsers)")
    said = tuple(statements.of(values, but))
    yield from crossings.of(kind, values, said, own)
    yield from privileges.of(kind, values, said)


_ALL_OF_GOOGLE = frozenset({"allUsers", "allAuthenticatedUsers"})


def _blind(change: Change) -> Iterator[Opening]:
    """What only the apply will tell, where it matters."""
    unknown = change.after_unknown
    if not unknown or not isinstance(unknown, dict):
        return
    rules = listed(unknown.get("ingress")) if change.type in _GROUPS else []
    blind = any(_marked(r.get(n)) for r in rules if isinstance(r, dict) for n in _ADDRESSES)
    if blind or (change.type in _INGRESS and any(_marked(unknown.get(n)) for n in _ADDRESSES)):
        yield Opening("may be open: its addresses are known only after apply", "unknown")
    if change.type in _GROUPS and unknown.get("ingress") is True and change.before:
        yield Opening("may be open: its rules are known only after apply", "unknown")
    for name in [n for n in statements.ATTRIBUTES if n in unknown]:
        mark = unknown[name]
        inside = isinstance(mark, list) and any(
            isinstance(m, dict) and m.get("policy") for m in mark
        )
        own = change.type.endswith("_policy") or name in _ALWAYS
        if inside or (mark is True and own):
            yield Opening(f"its {name} is known only after apply", "unknown")


def _marked(mark: Any) -> bool:
    return mark is True or (isinstance(mark, list) and any(map(_marked, mark)))


_ALWAYS = (statements.TRUST,)


def _group(values: Object) -> Iterator[Opening]:
    for rule in listed(values.get("ingress")):
        if isinstance(rule, dict):
            yield from _ports(rule)


def _rule(values: Object) -> Iterator[Opening]:
    if values.get("type", "ingress") == "ingress":
        yield from _ports(values)


_ADDRESSES = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")


def _ports(rule: Object) -> Iterator[Opening]:
    ranges = [cidr for name in _ADDRESSES for cidr in listed(rule.get(name))]
    if not any(map(world, ranges)) and not _most(ranges):
        if lists := listed(rule.get("prefix_list_ids") or rule.get("prefix_list_id")):
            said = f"to the addresses of {', '.join(map(str, lists))}, which the plan does not say"
            yield Opening(said, "unknown")
        return
    protocol = str(rule.get("protocol", rule.get("ip_protocol", "-1"))).lower()
    yield from _range(protocol, rule.get("from_port"), rule.get("to_port"))


def _range(protocol: str, low: Any, high: Any) -> Iterator[Opening]:
    if protocol in ("-1", "all", "*"):
        yield Opening("every port to the internet", "exposes", Ports("all", 0, 65535))
    elif isinstance(low, int) and isinstance(high, int):
        severe = protocol in ("tcp", "6") and any(low <= port <= high for port in ADMIN_PORTS)
        ports = f"port {low}" if low == high else f"ports {low} to {high}"
        what = f"{protocol} {ports} to the internet"
        yield Opening(what, "exposes" if severe else "opens", Ports(protocol, low, high))
    else:
        yield Opening(f"{protocol} to the internet", ports=Ports(protocol, 0, 65535))


def _prefixes(values: Object) -> Iterator[Opening]:
    entries = [e for e in listed(values.get("entry")) if isinstance(e, dict)]
    if any(world(e.get("cidr")) for e in entries):
        yield Opening("to the internet what lets this prefix list in")


def _acl(values: Object) -> Iterator[Opening]:
    acl = values.get("acl")
    if isinstance(acl, str) and acl.startswith(("public", "authenticated-read")):
        yield Opening(f"a bucket to everybody (acl {acl})")
    for policy in listed(values.get("access_control_policy")):
        text = str(policy)
        if "groups/global/AllUsers" in text or "groups/global/AuthenticatedUsers" in text:
            yield Opening("a bucket to everybody (a grant)")


_FLAGS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)


def _block(values: Object) -> Iterator[Opening]:
    for flag in _FLAGS:
        if values.get(flag) is not True:
            yield Opening(f"the way for a public bucket ({flag} is off)")


def _cluster(values: Object) -> Iterator[Opening]:
    for config in listed(values.get("vpc_config")):
        if isinstance(config, dict) and config.get("endpoint_public_access") is True:
            ranges = listed(config.get("public_access_cidrs"))
            if not ranges or any(map(world, ranges)):
                yield Opening("a cluster's API to the internet")


def _method(values: Object) -> Iterator[Opening]:
    free = values.get("authorization", values.get("authorization_type")) == "NONE"
    if free and values.get("http_method") != "OPTIONS" and not values.get("api_key_required"):
        yield Opening("an API that anybody may call")


def _service(values: Object) -> Iterator[Opening]:
    for network in listed(values.get("network_configuration")) + listed(
        values.get("network_interfaces")
    ):
        given = network if isinstance(network, dict) else {}
        public = given.get("assign_public_ip", given.get("associate_public_ip_address"))
        if public in (True, "true"):
            yield Opening("machines with public addresses")


def _firewall(values: Object) -> Iterator[Opening]:
    if values.get("direction") != "EGRESS" and any(map(world, listed(values.get("source_ranges")))):
        for allow in listed(values.get("allow")):
            for port in listed(allow.get("ports")) or ["all"]:
                low, high = _span(port)
                yield from _range("-1" if port == "all" else str(allow.get("protocol")), low, high)


def _azure(values: Object) -> Iterator[Opening]:
    inward = values.get("direction") == "Inbound" and values.get("access") == "Allow"
    froms = [values.get("source_address_prefix"), *listed(values.get("source_address_prefixes"))]
    if inward and any(map(world, froms)):
        one, many = values.get("destination_port_range"), values.get("destination_port_ranges")
        for span in [*listed(one), *listed(many)]:
            low, high = _span(span)
            yield from _range("-1" if span == "*" else "tcp", low, high)


def _span(text: Any) -> tuple[int | None, int | None]:
    """`20-25` as its ends; a single port is both."""
    ends = str(text).split("-")
    known = all(end.isdigit() for end in ends)
    return (int(ends[0]), int(ends[-1])) if known else (None, None)


def _when(attribute: str, value: Any, what: str) -> Rule:
    """Opens `what` where an attribute has exactly that value."""

    def rule(values: Object) -> Iterator[Opening]:
        if values.get(attribute) == value:
            yield Opening(what)

    return rule


def _balancer(values: Object) -> Iterator[Opening]:
    if values.get("internal") is False and values.get("load_balancer_type") != "gateway":
        yield Opening("a load balancer that faces the internet")


_GROUPS = ("aws_security_group", "aws_default_security_group")
_BLOCKS = ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block")
_INGRESS = ("aws_security_group_rule", "aws_vpc_security_group_ingress_rule")
_MACHINE = _when("associate_public_ip_address", True, "a machine with a public address")
# fmt: off
_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_GROUPS, _group),
    **dict.fromkeys(_INGRESS, _rule),
    **dict.fromkeys(_BLOCKS, _block),
    **dict.fromkeys(("aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object"), _acl),
    **dict.fromkeys(("aws_lb", "aws_alb", "aws_elb"), _balancer),
    **dict.fromkeys(("aws_ecs_service", "aws_launch_template"), _service),
    **dict.fromkeys(("aws_api_gateway_method", "aws_apigatewayv2_route"), _method),
    **dict.fromkeys(("aws_instance", "aws_launch_configuration"), _MACHINE),
    "aws_ec2_managed_prefix_list": _prefixes,
    "aws_eks_cluster": _cluster,
    "aws_lambda_function_url": _when("authorization_type", "NONE",
                                     "a function that anybody may call"),
    "aws_appsync_graphql_api": _when("authentication_type", "API_KEY", "an API to who has its key"),
    "aws_cognito_identity_pool": _when("allow_unauthenticated_identities", True,
                                       "rights to who has not logged in"),
    "aws_cloudfront_distribution": _when("enabled", True, "a site that faces the internet"),
    "aws_transfer_server": _when("endpoint_type", "PUBLIC",
                                 "a file server that faces the internet"),
    "aws_ecrpublic_repository": lambda _: iter([Opening("images to everybody")]),
    "google_compute_firewall": _firewall,
    "azurerm_network_security_rule": _azure,
    "azurerm_storage_account": _when("allow_nested_items_to_be_public", True,
                                     "the way for public containers"),
    "azurerm_storage_container": _when("container_access_type", "container",
                                       "a container to everybody"),
    "kubernetes_service": _when("type", "LoadBalancer", "a service that may face the internet"),
}
# fmt: on

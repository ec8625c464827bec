"""What a resource opens: to the internet, to every account, to every right.

Shape   an opening is a short phrase; it is severe where it hands administration to anybody.
        A rule reads the attributes of one side of a change. What both sides have is not new.
Source  hashicorp/aws, attributes by their documented meaning.
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dihedral.domain.change import Action, Change, Object

ADMIN_PORTS = (22, 3389)


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    what: str
    severe: bool = False


Rule = Callable[[Object], Iterator[Opening]]


def of(change: Change) -> tuple[Opening, ...]:
    """What this change opens that was not open before, the worst first."""
    if change.action in (Action.NOOP, Action.READ, Action.FORGET):
        return ()
    before = frozenset(_side(change.type, change.before))
    after = frozenset(_side(change.type, change.after))
    closed = change.after is None and change.type in _BLOCKS
    found = after - before | (_unguarded(change.before) if closed else frozenset())
    if isinstance(change.after_unknown, dict) and change.type in _INGRESS:
        blind = any(change.after_unknown.get(name) is True for name in _ADDRESSES)
        found |= (
            {Opening("may be open: its addresses are known only after apply")} if blind else set()
        )
    return tuple(sorted(found, key=lambda o: (not o.severe, o.what)))


def world(cidr: Any) -> bool:
    """Whether a range is the whole internet, or so much of it that it makes no difference."""
    try:
        network = ipaddress.ip_network(cidr, strict=False) if isinstance(cidr, str) else None
    except ValueError:
        return False
    return network is not None and network.prefixlen < (8 if network.version == 4 else 16)


def _side(kind: str, values: Object | None) -> Iterator[Opening]:
    if values is None:
        return
    for rule in (*_RULES.get(kind, ()), _public_flag, _policies):
        yield from rule(values)


def _group(values: Object) -> Iterator[Opening]:
    for rule in _list(values.get("ingress")):
        if isinstance(rule, dict):
            yield from _ports(rule)


def _rule(values: Object) -> Iterator[Opening]:
    if values.get("type", "ingress") == "ingress":
        yield from _ports(values)


_ADDRESSES = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")


def _ports(rule: Object) -> Iterator[Opening]:
    ranges = [cidr for name in _ADDRESSES for cidr in _list(rule.get(name))]
    if not any(map(world, ranges)):
        return
    protocol = str(rule.get("protocol", rule.get("ip_protocol", "-1"))).lower()
    low, high = rule.get("from_port"), rule.get("to_port")
    if protocol in ("-1", "all"):
        yield Opening("every port to the internet", severe=True)
    elif isinstance(low, int) and isinstance(high, int):
        severe = protocol in ("tcp", "6") and any(low <= port <= high for port in ADMIN_PORTS)
        ports = f"port {low}" if low == high else f"ports {low} to {high}"
        yield Opening(f"{protocol} {ports} to the internet", severe)
    else:
        yield Opening(f"{protocol} to the internet")


def _acl(values: Object) -> Iterator[Opening]:
    acl = values.get("acl")
    if isinstance(acl, str) and acl.startswith(("public", "authenticated-read")):
        yield Opening(f"a bucket to everybody (acl {acl})")


_FLAGS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)


def _block(values: Object) -> Iterator[Opening]:
    off = [flag for flag in _FLAGS if values.get(flag) is not True]
    if off:
        yield Opening(f"the way for a public bucket ({', '.join(off)} off)")


def _unguarded(before: Object | None) -> frozenset[Opening]:
    blocked = before is not None and any(before.get(flag) is True for flag in _FLAGS)
    return frozenset(
        {Opening("the way for a public bucket (its block is removed)")} if blocked else ()
    )


def _public_flag(values: Object) -> Iterator[Opening]:
    if values.get("publicly_accessible") is True:
        yield Opening("a database or broker with a public address")


def _machine(values: Object) -> Iterator[Opening]:
    if values.get("associate_public_ip_address") is True:
        yield Opening("a machine with a public address")


def _balancer(values: Object) -> Iterator[Opening]:
    if values.get("internal") is False and values.get("load_balancer_type") != "gateway":
        yield Opening("a load balancer that faces the internet")


def _function_url(values: Object) -> Iterator[Opening]:
    if values.get("authorization_type") == "NONE":
        yield Opening("a function that anybody may call")


def _permission(values: Object) -> Iterator[Opening]:
    if values.get("principal") == "*" and not values.get("principal_org_id"):
        yield Opening("a function that every account may call")


def _cluster(values: Object) -> Iterator[Opening]:
    for config in _list(values.get("vpc_config")):
        if isinstance(config, dict) and config.get("endpoint_public_access") is True:
            ranges = _list(config.get("public_access_cidrs"))
            if not ranges or any(map(world, ranges)):
                yield Opening("a cluster's API to the internet")


def _attachment(values: Object) -> Iterator[Opening]:
    arn = values.get("policy_arn")
    if isinstance(arn, str) and arn.endswith(("/AdministratorAccess", "/IAMFullAccess")):
        yield Opening(f"every right to whom it is attached ({arn.rpartition('/')[2]})")


def _shared(values: Object) -> Iterator[Opening]:
    if values.get("group") == "all" or "all" in _list(values.get("shared_accounts")):
        yield Opening("an image or a copy to every account")


def _policies(values: Object) -> Iterator[Opening]:
    for name in (
        "policy",
        "assume_role_policy",
        "access_policy",
        "access_policies",
        "inline_policy",
    ):
        for one in _list(values.get(name)):
            text = one.get("policy") if isinstance(one, dict) else one
            for statement in _statements(text):
                yield from _statement(statement, trusts=name == "assume_role_policy")


def _statements(text: Any) -> Iterator[dict[str, Any]]:
    try:
        document = msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, RecursionError):
        return
    said = _list(document.get("Statement")) if isinstance(document, dict) else []
    yield from (s for s in said if isinstance(s, dict) and s.get("Effect") == "Allow")


def _statement(said: dict[str, Any], trusts: bool) -> Iterator[Opening]:
    principal = said.get("Principal")
    named = _list(principal.get("AWS")) if isinstance(principal, dict) else _list(principal)
    if "*" in named and not said.get("Condition"):
        yield Opening(
            "a role to everybody" if trusts else "what it guards to everybody (principal *)"
        )
    actions, resources = _list(said.get("Action")), _list(said.get("Resource"))
    if principal is None and {"*", "*:*"} & {str(a) for a in actions} and "*" in resources:
        yield Opening("every right on everything (action * on resource *)")
    if principal is None and ("NotAction" in said) and "*" in resources:
        yield Opening("nearly every right (NotAction on resource *)")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


_BLOCKS = ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block")
_INGRESS = ("aws_security_group_rule", "aws_vpc_security_group_ingress_rule")
# fmt: off
_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(("aws_security_group", "aws_default_security_group"), (_group,)),
    **dict.fromkeys(_INGRESS, (_rule,)),
    **dict.fromkeys(_BLOCKS, (_block,)),
    **dict.fromkeys(("aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object"), (_acl,)),
    **dict.fromkeys(("aws_lb", "aws_alb", "aws_elb"), (_balancer,)),
    **dict.fromkeys(("aws_ami_launch_permission", "aws_db_snapshot", "aws_db_cluster_snapshot"),
                    (_shared,)),
    **dict.fromkeys((f"aws_iam_{who}_policy_attachment" for who in ("role", "user", "group")),
                    (_attachment,)),
    "aws_iam_policy_attachment": (_attachment,),
    "aws_instance":              (_machine,),
    "aws_lambda_function_url":   (_function_url,),
    "aws_lambda_permission":     (_permission,),
    "aws_eks_cluster":           (_cluster,),
}
# fmt: on

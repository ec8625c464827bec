"""What a change opens to other accounts, or to everybody, by naming them.

An account is another one unless the plan shows it to be its own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from dihedral.domain.change import Object
from dihedral.ops.rules import statements
from dihedral.ops.rules.opening import EVERYBODY, Opening
from dihedral.ops.rules.statements import Statement, account, listed

# fmt: off
# attributes that name whom something is shared with
NAMES: Mapping[str, tuple[str, str]] = {
    "aws_ram_principal_association":         ("principal", "a share"),
    "aws_ami_launch_permission":             ("account_id", "an image"),
    "aws_snapshot_create_volume_permission": ("account_id", "a copy of a disk"),
    "aws_db_snapshot":                       ("shared_accounts", "a copy of a database"),
    "aws_db_cluster_snapshot":               ("shared_accounts", "a copy of a database"),
    "aws_vpc_peering_connection":            ("peer_owner_id", "a network (peering)"),
    "aws_ec2_transit_gateway_peering_attachment": ("peer_account_id", "a network (peering)"),
    "aws_kms_grant":                         ("grantee_principal", "a key"),
    "aws_lambda_permission":                 ("principal", "a function"),
    "aws_lambda_layer_version_permission":   ("principal", "a layer"),
    "aws_cloudwatch_event_permission":       ("principal", "an event bus"),
    "aws_vpc_endpoint_service":              ("allowed_principals", "a service"),
    "aws_vpc_endpoint_service_allowed_principal": ("principal_arn", "a service"),
    "aws_redshift_endpoint_authorization":   ("account", "a warehouse"),
    "aws_organizations_delegated_administrator": ("account_id", "an organization's administration"),
}
_GITHUB = "token.actions.githubusercontent.com"
_WHO = ("aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:principalaccount",
        "aws:sourceorgid", "aws:sourcearn", "aws:sourceowner", "kms:calleraccount",
        "aws:principalarn", "sts:externalid", "aws:sourcevpce", "aws:sourcevpc", "aws:sourceip",
        "aws:vpcsourceip", "aws:principaltag", "sns:endpoint")
# fmt: on
_SOMEBODY = re.compile(r"\d{12}|\bo-[a-z0-9]{4,}|\d+\.\d+\.\d+\.")
_REPOSITORY = re.compile(r"repo:[A-Za-z0-9][A-Za-z0-9_.-]*/")


def of(
    kind: str, values: Object, policies: Sequence[tuple[str, Statement]], own: Set[str]
) -> Iterator[Opening]:
    """What one side of a change opens to whom; `own` are the plan's own accounts."""
    for name, said in policies:
        if said.allows and said.principals:
            yield from _principals(said, own, trusts=name == statements.TRUST)
    if kind in NAMES:
        attribute, what = NAMES[kind]
        for one in listed(values.get(attribute)):
            yield from _named(one, what, own, values)
    if values.get("group") == "all":
        yield Opening("an image to every account", "exposes")
    if kind == "aws_ram_resource_share" and values.get("allow_external_principals") is True:
        yield Opening("a share to accounts outside the organization", "crosses")


def _named(one: Any, what: str, own: Set[str], values: Object) -> Iterator[Opening]:
    if not isinstance(one, str):
        return
    everybody = one in ("*", "all")
    if everybody and (values.get("principal_org_id") or values.get("source_account")):
        yield Opening(f"{what} to an organization or account that it names", "crosses")
    elif everybody:
        tier = "opens" if what == "a function" else "exposes"
        yield Opening(f"{what} to every account", tier, to=EVERYBODY, by=what)
    elif (account(one) and account(one) not in own) or ":organizations::" in one:
        yield Opening(f"{what} to {_short(one)}", "crosses", to=_short(one), by=what)


def _principals(said: Statement, own: Set[str], *, trusts: bool) -> Iterator[Opening]:
    what = "a role" if trusts else "what it guards"
    bound = _bound(said)
    for one in said.principals:
        kind, _, name = one.partition(":")
        if name == "*" and kind in ("AWS", "*") and not bound:
            by = "a role to everybody" if trusts else "what it guards to everybody (principal *)"
            yield Opening(by, "exposes" if trusts else "opens", to=EVERYBODY, by=what)
        elif name == "*" and kind == "AWS" and not _within(said, own):
            yield Opening(
                f"{what} to everybody who meets its conditions", "crosses", to=one, by=what
            )
        elif kind == "AWS" and account(name) and account(name) not in own:
            yield Opening(f"{what} to {_short(name)}", "crosses", to=_short(name), by=what)
        elif kind == "CanonicalUser":
            yield Opening(
                f"{what} to an account that it names by a canonical id", "crosses", to=one
            )
        elif kind == "Federated" and name.endswith(_GITHUB) and not _subject(said):
            yield Opening("a role to every repository of GitHub", "exposes", to=one, by=what)
        elif kind == "Federated" and ":saml-provider/" not in name and not any(_tests(said)):
            yield Opening(
                f"a role to every identity of {_last(name)}", "privilege", to=one, by=what
            )


def _tests(said: Statement) -> Iterator[tuple[str, list[str]]]:
    """Its conditions that must hold, and fail where what they ask about is missing: the key, in
    lower case, and the values. What only keeps somebody out lets everybody else in."""
    for operator, tests in said.conditions.items():
        lets = "Not" in operator or operator.endswith("IfExists") or operator == "Null"
        if not lets and not operator.startswith("ForAllValues") and isinstance(tests, dict):
            for key, values in tests.items():
                yield key.lower(), [str(value) for value in listed(values)]


def _bound(said: Statement) -> bool:
    """Whether its conditions say who may come, and do not name everybody."""
    return any(
        key.startswith(_WHO) and values and all(map(_names, values)) for key, values in _tests(said)
    )


def _names(value: str) -> bool:
    """Whether a condition's value means somebody, however it ends."""
    if value in ("0.0.0.0/0", "::/0"):
        return False
    return not {"*", "?"} & set(value) or bool(_SOMEBODY.search(value))


def _within(said: Statement, own: Set[str]) -> bool:
    """Whether its conditions keep it to what is the plan's own, or to a network of it."""
    keys = ("aws:sourceaccount", "aws:principalaccount", "kms:calleraccount", "aws:sourceowner")
    for key, values in _tests(said):
        ours = all(any(f":{account}:" in value for account in own) for value in values)
        if key in ("aws:sourcevpce", "aws:sourcevpc") and all(map(_names, values)):
            return True
        if (key == "aws:sourcearn" and ours) or (key in keys and set(values) <= own):
            return True
    return False


def _subject(said: Statement) -> bool:
    """Whether a trust in GitHub names whose repositories, not everybody's."""
    found = [values for key, values in _tests(said) if key == f"{_GITHUB}:sub"]
    return any(all(_REPOSITORY.match(value) for value in values) for values in found)


def _last(name: str) -> str:
    return name.partition(":oidc-provider/")[2] or name


def _short(principal: str) -> str:
    """A whole account by its number, anybody else by the whole name."""
    whole = principal.endswith(":root") or principal.isdigit()
    return f"account {account(principal)}" if whole and account(principal) else principal

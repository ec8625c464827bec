"""Policy documents of AWS as the statements that they are made of.

Shape   one statement a dataclass; what a document may write as a word or a list is a tuple here.
Source  docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

ATTRIBUTES = (
    "policy",
    "assume_role_policy",
    "access_policy",
    "access_policies",
    "resource_policy",
    "policy_document",
    "inline_policy",
    "policy_text",
)
TRUST = "assume_role_policy"
_ACCOUNT = re.compile(r"(?:arn:[\w-]+:(?:iam|sts)::)?(\d{12})(?::.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`principals` are `kind:name`, e.g. `AWS:*`; `key` tells two statements apart."""

    allows: bool
    principals: tuple[str, ...]
    actions: tuple[str, ...]  # in lower case
    spares: bool  # it names actions that are not meant (NotAction)
    resources: tuple[str, ...]
    conditions: Mapping[str, Any]
    key: str


def of(values: Mapping[str, Any], but: Collection[str] = ()) -> Iterator[tuple[str, Statement]]:
    """Every statement of a resource's documents, with the attribute that holds it; those in
    attributes `but` are left out."""
    for name in ATTRIBUTES:
        if (held := values.get(name)) and name not in but:
            for one in listed(held):
                text = one.get("policy") if isinstance(one, dict) else one
                for said in read(text):
                    yield name, said


def same(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The attributes whose documents a change leaves as they are."""
    return [n for n in ATTRIBUTES if (held := before.get(n)) and held == after.get(n)]


def read(text: Any) -> Iterator[Statement]:
    """The statements of one document; none of what is not a document."""
    try:
        document = msgspec.json.decode(text) if isinstance(text, str) else None
    except (msgspec.DecodeError, RecursionError):
        return
    found = listed(document.get("Statement")) if isinstance(document, dict) else []
    yield from (_statement(one) for one in found if isinstance(one, dict))


def account(principal: str) -> str:
    """The account that a principal belongs to; empty where its name does not say it."""
    match = _ACCOUNT.fullmatch(principal.removeprefix("AWS:"))
    return match[1] if match else ""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _statement(said: dict[str, Any]) -> Statement:
    spared = _words(said.get("NotAction"))
    conditions = said.get("Condition")
    without = {k: v for k, v in said.items() if k not in ("Sid", "Version")}
    return Statement(
        allows=said.get("Effect") != "Deny",
        principals=tuple(_principals(said)),
        actions=tuple(a.lower() for a in (_words(said.get("Action")) or spared)),
        spares=bool(spared),
        resources=_words(said.get("Resource")) or ("*",),
        conditions=conditions if isinstance(conditions, dict) else {},
        key=msgspec.json.encode(without, order="sorted").decode(),
    )


def _principals(said: dict[str, Any]) -> Iterator[str]:
    if "NotPrincipal" in said:
        yield "AWS:*"  # everybody but some
    principal = said.get("Principal")
    if isinstance(principal, dict):
        for kind, names in principal.items():
            yield from (f"{kind}:{name}" for name in _words(names))
    else:
        yield from (f"AWS:{name}" for name in _words(principal))


def _words(value: Any) -> tuple[str, ...]:
    return tuple(one for one in listed(value) if isinstance(one, str))

"""What an ID token must say, and who it says somebody is. Its signature was checked before.

Source  OpenID Connect Core 1.0 §3.1.3.7 (what must hold), §5.1 (claims), §5.7 (`iss` and `sub`
        alone name somebody for ever: an address may be given to another person).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dihedral.domain.errors import Invalid, Nobody
from dihedral.domain.ids import ActorId
from dihedral.domain.person import new_id

ALGORITHMS = ("RS256", "ES256", "PS256")
LEEWAY, OLDEST = timedelta(minutes=1), timedelta(minutes=10)
_SUBJECT = re.compile(r"[ -~]{1,255}")  # §2
_ODD = re.compile(r"[^A-Za-z0-9._@+-]+")
LATEST = 1 << 40  # seconds since 1970; NaN is not below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    issuer: str
    client: str
    nonce: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`ids` are what the person may be called here, best first. `email` is one that was verified,
    or empty."""

    subject: str
    ids: tuple[ActorId, ...]
    name: str
    email: str
    groups: frozenset[str]


def identity(claims: Mapping[str, Any], expected: Expected, groups: str) -> Identity:
    """Raises Nobody. `groups` is the claim that names them."""
    _demand(claims, expected)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Nobody("the login names nobody (`sub`)")
    email = claims.get("email") if claims.get("email_verified") is True else ""
    plain = _ODD.sub("-", subject).strip("-._@+")[:64]
    named = (claims.get("preferred_username"), email, plain)
    return Identity(
        subject=subject,
        ids=tuple(dict.fromkeys(found for text in named if (found := _id(text)))),
        name=_text(claims.get("name")),
        email=_text(email),
        groups=_groups(claims.get(groups)),
    )


def _demand(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise Nobody("the login comes from another issuer")
    audience = claims.get("aud")
    if audience != expected.client and (
        not isinstance(audience, list) or expected.client not in audience
    ):
        raise Nobody("the login was meant for another program (`aud`)")
    party = claims.get("azp")
    if party != expected.client and (party is not None or _several(audience)):
        raise Nobody("the login was given to another program (`azp`)")
    if claims.get("nonce") != expected.nonce:
        raise Nobody("the login is not the one that was begun here (`nonce`)")
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if expires + LEEWAY.total_seconds() <= expected.now.timestamp():
        raise Nobody("the login has expired (`exp`)")
    age = expected.now.timestamp() - issued
    if not -LEEWAY.total_seconds() <= age <= OLDEST.total_seconds():
        raise Nobody("the login is not of now (`iat`): look at the clocks of both sides")


def _several(audience: object) -> bool:
    return isinstance(audience, list) and len(audience) > 1


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LATEST:
        raise Nobody(f"the login does not say when (`{name}`)")
    return float(value)


def _id(text: object) -> ActorId | None:
    try:
        return new_id(text) if isinstance(text, str) else None
    except Invalid:
        return None


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) and value.isprintable() else ""


def _groups(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value})
    return (
        frozenset(x for x in value if isinstance(x, str))
        if isinstance(value, list)
        else frozenset()
    )

"""A person, the sessions of one's browsers, and the tokens that let programs act as one."""

import re
from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ActorId, OrganizationId, SessionId, TokenId, WorkspaceId
from dihedral.domain.right import Role

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
RESERVED = frozenset({"system", "nobody"})
LOCAL = "local"  # who owns the data directory, where he names nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`id` is what records say of who it was, so it stays for ever."""

    id: ActorId
    name: str = ""
    email: str = ""
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """It may no more than `role` may, and nowhere but in `workspace` where one is said."""

    id: TokenId
    person: ActorId
    organization: OrganizationId
    name: str
    role: Role
    workspace: WorkspaceId | None = None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that somebody logged in with. `how` is `password`, `link` or an OIDC issuer."""

    id: SessionId
    person: ActorId
    organization: OrganizationId
    how: str
    agent: str
    address: str
    rotated_at: datetime
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


def person_id(text: str) -> ActorId:
    """Raises Invalid for what could not name a person."""
    if not _ID.fullmatch(text) or text in RESERVED:
        raise Invalid(
            f"{text!r} cannot name a person: letters, digits and . _ @ + -, 64 at most,"
            f" and not {' or '.join(sorted(RESERVED))}"
        )
    return ActorId(text)


def new_id(text: str) -> ActorId:
    """The same for a person who is yet to be. Raises Invalid."""
    if text.lower() in RESERVED | {LOCAL}:
        raise Invalid(f"{text!r} is the name of no person; take another")
    return person_id(text)

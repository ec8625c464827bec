"""Tokens of our own: what signs them, and what one says that was verified.

Source  RFC 7519 for the claims, RFC 8693 §4.1 for `act`, RFC 9068 for the type `at+jwt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

ORGANIZATION = "default"  # the name of the one that every server begins with
EVERYTHING = "all"  # what is revoked when nobody's token counts any more


class Alg(StrEnum):
    """What a key is for is told by its algorithm, so that no token passes for one of the other
    kind: ES256 signs what agents show to us, RS256 what runs show to clouds (docs/adr/0016)."""

    ES256 = "ES256"
    RS256 = "RS256"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """`public` is a JWK, and `id` its thumbprint. It signs from `signs_from` until a later one
    does; `retires_at` is None until there is one."""

    id: str
    alg: Alg
    public: Mapping[str, str]
    created_at: datetime
    signs_from: datetime
    retires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Minted:
    """A signed token; it is nowhere but here."""

    id: str
    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a token of an agent says, once it is believed.

    `subject` is the person for whom it acts, or the agent itself (`agent`) where it acts alone.
    `instance` and `agent` are SPIFFE ids; `via` those of the agents that handed it on, the last
    one first. `scope` are the words that the token was given for, and no more than these.
    """

    id: str
    subject: str
    agent: str
    instance: str
    organization: str
    scope: frozenset[str]
    issued_at: datetime
    expires_at: datetime
    via: tuple[str, ...] = ()

    @property
    def alone(self) -> bool:
        """It acts for nobody."""
        return self.subject == self.agent

    @property
    def names(self) -> frozenset[str]:
        """By which it may be revoked."""
        return frozenset((EVERYTHING, self.id, self.subject, self.agent, self.instance, *self.via))

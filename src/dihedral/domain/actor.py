"""Who acts. An agent is an actor like a person, and passes the same gates."""

from dataclasses import dataclass
from enum import StrEnum

from dihedral.domain.ids import ActorId, OrganizationId, SessionId, TokenId
from dihedral.domain.right import Grants

HOME = OrganizationId("org-default")  # the one that every server begins with
AGENT = "agent:"  # how an agent's id begins, and no person's can


class Kind(StrEnum):
    PERSON = "person"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """`on_behalf_of` is the person an agent acts for; `trace` is the call that it came with.

    `organization` is the one in which it acts. Every set of `rights` must allow what it does: its
    own, those of whom it acts for, those that its token was narrowed to. With none it may nothing.
    `session` and `token` are what it came in with, where it was one of these.
    """

    id: ActorId
    kind: Kind = Kind.PERSON
    on_behalf_of: ActorId | None = None
    trace: str = ""
    organization: OrganizationId = HOME
    rights: tuple[Grants, ...] = ()
    session: SessionId | None = None
    token: TokenId | None = None


def agent_id(name: str) -> ActorId:
    """`agent:NAME`, by which grants and records name an agent of their organization."""
    return ActorId(AGENT + name)


def kind_of(who: ActorId) -> Kind:
    """What kind of actor an id names; what `system` names is no person either."""
    if who.startswith(AGENT):
        return Kind.AGENT
    return Kind.SYSTEM if who == SYSTEM.id else Kind.PERSON


SYSTEM = Actor(ActorId("system"), Kind.SYSTEM)

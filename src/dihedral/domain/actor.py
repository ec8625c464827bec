"""Who acts. An agent is an actor like a person, and passes the same gates."""

from dataclasses import dataclass
from enum import StrEnum

from dihedral.domain.ids import ActorId


class Kind(StrEnum):
    PERSON = "person"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """`on_behalf_of` is the person an agent acts for; `trace` is the call that it came with."""

    id: ActorId
    kind: Kind = Kind.PERSON
    on_behalf_of: ActorId | None = None
    trace: str = ""


SYSTEM = Actor(ActorId("system"), Kind.SYSTEM)

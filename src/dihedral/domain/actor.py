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
    id: ActorId
    kind: Kind = Kind.PERSON


SYSTEM = Actor(ActorId("system"), Kind.SYSTEM)

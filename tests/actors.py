"""Who acts in tests: by default with every right in the organization that there is at first."""

from dihedral.domain.actor import HOME, Actor, Kind
from dihedral.domain.ids import ActorId
from dihedral.domain.right import Grant, Place, Role


def person(name: str, role: Role | None = Role.ADMINISTRATOR, place: Place | None = None) -> Actor:
    """With one role in a place, or with none."""
    given = (Grant(role, place or Place(HOME)),) if role else ()
    return Actor(ActorId(name), rights=(given,))


def agent(name: str, behalf: str | None = None) -> Actor:
    """With all that an agent may have."""
    rights = ((Grant(Role.ADMINISTRATOR, Place(HOME)),),)
    of = ActorId(behalf) if behalf else None
    return Actor(ActorId(name), Kind.AGENT, on_behalf_of=of, rights=rights)

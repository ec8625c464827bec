"""One's own account, as its page shows it."""

from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.person import Person
from dihedral.domain.right import Action, Place
from dihedral.ops.rules import access
from dihedral.ops.store import logins, people, projects
from dihedral.ops.store.people import Given
from dihedral.ops.store.projects import Organization
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class Account:
    """`given` are the roles in the organization one acts in; `others` those one may act in, too."""

    person: Person
    organization: Organization
    others: tuple[Organization, ...]
    given: tuple[Given, ...]
    password: bool


async def see(ops: Ops, by: Actor) -> Account:
    """Raises NotFound where one is no person that is known here."""
    access.demand(by, Action.SELF, Place(by.organization))
    async with ops.db.tx() as tx:
        held = {grant.place.organization for grant in await people.grants(tx, by.id)}
        return Account(
            person=await people.find(tx, by.id),
            organization=await projects.organization(tx, by.organization),
            others=tuple(
                one
                for one in await projects.organizations(tx)
                if one.id in held and one.id != by.organization
            ),
            given=tuple(await people.granted(tx, by.organization, by.id)),
            password=await logins.password(tx, by.id) is not None,
        )

"""How tests log in: as a browser does, by the pages."""

import re
from collections.abc import Mapping

import httpx

from dihedral.control import cookies
from dihedral.domain.ids import ActorId
from dihedral.domain.person import Person
from dihedral.domain.right import Role
from dihedral.ops.work import links, people
from dihedral.ops.work.links import Answer
from dihedral.ops.work.sessions import Browser
from tests.actors import person
from tests.control.conftest import URL, World

PASSWORD = "correct horse battery staple"
BROWSER = Browser("127.0.0.1", "a test")


def browser(world: World, secret: str = "", **headers: str) -> httpx.AsyncClient:
    """A browser of nobody, or with the secret of a session; it says whose page asks."""
    jar = {cookies.SESSION: secret} if secret else {}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app, raise_app_exceptions=False),
        base_url=URL,
        headers={"sec-fetch-site": "same-origin", "user-agent": "a test", **headers},
        cookies=jar,
        event_hooks={"response": [world.hold]},
    )


async def known(world: World, name: str, role: Role = Role.ADMINISTRATOR) -> str:
    """A person with a role and a password, and the secret of a session."""
    made = Person(id=ActorId(name), created_at=world.ops.now())
    await people.add(world.ops, person("owner"), made, role)
    return await invited(world, name)


async def invited(world: World, name: str) -> str:
    link = await links.invite(world.ops, person("owner"), name)
    answer = Answer(PASSWORD, BROWSER)
    return (await links.follow(world.ops, link.secret, answer)).secret


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/login", data={"name": name, "password": password})


def hidden(page: str) -> Mapping[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


async def told(world: World, action: str) -> list[tuple[str, str, str, str]]:
    """Of each record of an act: who, to whom or what, the outcome and why; oldest first."""
    async with world.ops.db.tx() as tx:
        rows = await tx.rows(
            b"SELECT actor, target, outcome, reason FROM audit"
            b" WHERE action = %(action)s ORDER BY seq",
            action=action,
        )
    return [(r["actor"], r["target"], r["outcome"], r["reason"]) for r in rows]

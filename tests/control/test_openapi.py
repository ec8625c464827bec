"""The OpenAPI document, held against what the server does: whatever is sent, by whatever role, the
answer has a status that is declared, the shape that is declared for it, and is no fault of ours."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dihedral.control import app as apps
from dihedral.control import openapi
from dihedral.control.edge import Door
from dihedral.domain.actor import HOME
from dihedral.domain.blueprint import Blueprint
from dihedral.domain.ids import ActorId, TokenId
from dihedral.domain.person import ApiToken, Person
from dihedral.domain.right import Grant, Place, Role
from dihedral.domain.run import Status
from dihedral.kit import mint
from dihedral.kit.db import open_db
from dihedral.ops.store import people
from dihedral.ops.work import apitokens
from tests.conftest import fresh
from tests.control.conftest import URL, World, inhabited

DOORS = [door for door in apps.DOORS if not door.page]
SCHEMA = schemathesis.openapi.from_dict(openapi.document(apps.DOORS))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 2
ALONE = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Served:
    """A server in a thread of its own, and a token for each role."""

    portal: BlockingPortal
    world: World
    tokens: Mapping[str, str]

    def known(self, path: str) -> dict[str, str]:
        """A name for each parameter of the path, of something that is there."""
        names = {name for name in ("run", "workspace", "category", "key") if f"{{{name}}}" in path}
        return {k: v for k, v in self._made().items() if k in names} if names else {}

    def _made(self) -> dict[str, str]:
        run = self.portal.call(self.world.run, Status.POLICY_CHECKED)
        workspace = self.portal.call(self.world.workspace, f"orders-{run[-6:].lower()}")
        return {"run": run, "workspace": workspace, "category": "terraform", "key": "region"}

    def send(self, case: Case[Any], token: str) -> httpx.Response:
        sent = case.as_transport_kwargs(base_url=URL)
        content = json.dumps(sent["json"]).encode() if "json" in sent else sent.get("data")
        headers = {k.lower(): v.encode("latin-1") for k, v in sent["headers"].items()}
        headers.pop("authorization", None)  # what is made up for it
        if token:
            headers["authorization"] = f"Bearer {token}".encode()
        url, params = httpx.URL(sent["url"]), sent["params"]
        if isinstance(params.get("wait"), int | float):
            params["wait"] = min(params["wait"], 0)  # there will be no news
        request = httpx.Request(
            sent["method"], url, params=params, headers=headers, content=content
        )
        answer: httpx.Response = self.portal.call(self._answered, request)
        return answer

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self.world.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(request)


@pytest.fixture(scope="module")
def served(
    cluster: str,
    known: Mapping[str, Blueprint],
    taught: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("data")
    with (
        fresh(cluster, taught) as dsn,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_db(dsn, size=5)) as db,
    ):
        world = portal.call(inhabited, db, known, data)
        portal.call(staffed, world)
        tokens = {str(role): portal.call(token, world, role) for role in (None, *Role)}
        yield Served(portal, world, {"nobody": "", **tokens})


async def staffed(world: World) -> None:
    """A worker, that will be heard of for as long as the test takes."""
    async with world.ops.db.tx() as tx:
        await tx.do(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour')"
        )


async def token(world: World, role: Role | None) -> str:
    """Of a person who has the role, or none."""
    now, text = world.ops.now(), mint.secret(apitokens.PREFIX)
    name = ActorId(role or "stranger")
    async with world.ops.db.tx() as tx:
        await people.add(tx, Person(id=name, created_at=now))
        if role:
            grant = Grant(role, Place(HOME))
            given = people.Given(holder=name, grant=grant, given_by=name, given_at=now)
            await people.give(tx, given)
        made = ApiToken(
            id=TokenId(f"token-{name}"),
            person=name,
            organization=HOME,
            name="test",
            role=role or Role.VIEWER,
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        await people.add_token(tx, made, mint.hashed(text))
    return text


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.path}")
def test_every_door_keeps_to_the_document(served: Served, door: Door) -> None:
    operation = SCHEMA[door.path][door.method]
    there = served.known(door.path)
    modes = [GenerationMode.POSITIVE]
    if door.asks is not None or door.takes is not None:
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:
        for named in [{}, there] if there else [{}]:

            @seed(4)
            @ALONE
            @given(operation.as_strategy(mode, path_parameters=named or None))
            def hold(case: Case[Any]) -> None:
                for given_token in served.tokens.values():
                    answer = served.send(case, given_token)
                    case.validate_response(answer, checks=CHECKS)

            hold()

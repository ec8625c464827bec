"""Requests, remembered."""

import json
from collections.abc import Collection
from dataclasses import asdict

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import RequestId, RunId, WorkspaceId
from dihedral.domain.request import Near, Request, Route
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "requests.sql")


async def add(tx: Tx, request: Request) -> None:
    await tx.do(
        Q["add"],
        id=request.id,
        actor=request.actor,
        workspace=request.workspace,
        text=request.text,
        kind=request.route,
        blueprint=request.blueprint,
        confidence=request.confidence,
        nearest=json.dumps([asdict(near) for near in request.nearest]),
        given=json.dumps(request.values),
        run=request.run,
        created_at=request.created_at,
    )


async def find(tx: Tx, request: RequestId) -> Request:
    """Raises NotFound."""
    return _one(await tx.row(Q["find"], id=request), request)


async def lock(tx: Tx, request: RequestId) -> Request:
    """The request, held until `tx` ends. Raises NotFound."""
    return _one(await tx.row(Q["lock"], id=request), request)


async def by_run(tx: Tx, run: RunId) -> Request | None:
    row = await tx.row(Q["by_run"], run=run)
    return None if row is None else _request(row)


async def page(
    tx: Tx, sight: Collection[WorkspaceId], before: RequestId | None = None, size: int = 50
) -> list[Request]:
    return [
        _request(row)
        for row in await tx.rows(Q["page"], sight=list(sight), before=before, size=size)
    ]


async def save(tx: Tx, request: Request) -> None:
    """The way that it takes now; its words stay as they were."""
    await tx.do(
        Q["save"],
        id=request.id,
        kind=request.route,
        blueprint=request.blueprint,
        given=json.dumps(request.values),
        run=request.run,
    )


def _one(row: Row | None, name: str) -> Request:
    if row is None:
        raise NotFound("request", name)
    return _request(row)


def _request(row: Row) -> Request:
    kind, given, nearest = row.pop("kind"), row.pop("given"), row.pop("nearest")
    return Request(
        **row, route=Route(kind), values=given, nearest=tuple(Near(**near) for near in nearest)
    )

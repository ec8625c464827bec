"""Keys, of which nothing is shown but their ids, their ages and how much is under each."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.right import Action
from dihedral.ops.work import keys
from dihedral.ops.work.keys import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUseShape:
    """A data key, or a master key, which seals data keys and once sealed content itself. `holds` is
    how much is under it, by kind; `retired_at` is when it sealed for the last time, `ended_at`
    when nothing was left under it and it was destroyed."""

    id: str
    kind: str
    seals: bool
    created_at: datetime
    retired_at: datetime | None
    ended_at: datetime | None
    holds: dict[str, int]


@dataclass(frozen=True, slots=True)
class KeysShape:
    """Newest first. `master` is the one that this server has."""

    master: str
    items: list[KeyUseShape]


async def page(request: Request) -> KeysShape:
    ops = edge.ops(request)
    found = await keys.show(ops, edge.actor(request))
    return KeysShape(ops.keyring.id, [shape(use) for use in found])


def shape(use: Use) -> KeyUseShape:
    entry = use.entry
    return KeyUseShape(
        id=entry.key_id,
        kind=entry.kind,
        seals=use.seals,
        created_at=entry.created_at,
        retired_at=entry.retired_at,
        ended_at=entry.ended_at,
        holds=dict(use.holds),
    )


doors = (
    Door(
        method="GET",
        path="/v1/keys",
        handler=page,
        needs=Action.KEY_ROTATE,
        summary="The keys that seal, and how much is under each",
        gives=KeysShape,
    ),
)

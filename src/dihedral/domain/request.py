"""A request: what a person asked for in their own words, and the way it took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dihedral.domain.blueprint import Slot, Value
from dihedral.domain.ids import ActorId, RequestId, RunId, WorkspaceId

LONGEST = 4000  # characters of a request


class Route(StrEnum):
    BLUEPRINT = "blueprint"  # known, and everything it needs is there
    INCOMPLETE = "incomplete"  # known, but a value is missing; it is asked for, never guessed
    UNSURE = "unsure"  # the reflex abstains


@dataclass(frozen=True, slots=True)
class Near:
    """A blueprint and how well it fits; scores compare within one request only."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Filled:
    """A blueprint that a person chose, and what he filled in."""

    blueprint: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`confidence` is 0..1; `nearest` holds the three best blueprints, also where it is sure.

    `missing` is derived from the blueprint when the request is read, and not kept.
    """

    id: RequestId
    actor: ActorId
    workspace: WorkspaceId
    text: str
    route: Route
    created_at: datetime
    blueprint: str | None = None
    confidence: float = 0.0
    nearest: tuple[Near, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    missing: tuple[Slot, ...] = ()
    run: RunId | None = None

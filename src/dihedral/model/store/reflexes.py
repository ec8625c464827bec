"""The reflex, remembered: its versions, of which one is live, and its lessons in their order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.errors import Conflict
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "reflexes.sql")

KEPT = 5  # versions, the live one among them


@dataclass(frozen=True, slots=True)
class Version:
    """A model's bytes, and of what it was made."""

    digest: str
    precision: float
    margin: float
    score: float
    weights: bytes


class Source(StrEnum):
    ACCEPTED = "accepted"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a person said of the reflex's answer to a request. An empty label: none of ours."""

    text: str
    label: str
    source: Source
    request: str
    actor: str
    at: datetime


async def hold(tx: Tx) -> None:
    """Until `tx` ends nobody else adds a version or a lesson."""
    await tx.row(Q["hold"])


async def live(tx: Tx) -> tuple[str, bytes] | None:
    """The digest and the weights of the live version, if there is one."""
    row = await tx.row(Q["live"])
    return (row["digest"], bytes(row["weights"])) if row else None


async def add(tx: Tx, version: Version, at: datetime) -> None:
    """Makes it the live version. Call `hold` first."""
    await tx.do(Q["retire"])
    await tx.do(
        Q["add"],
        digest=version.digest,
        precision=version.precision,
        margin=version.margin,
        score=version.score,
        weights=version.weights,
        at=at,
    )
    await tx.do(Q["forget"], kept=KEPT)


async def teach(tx: Tx, lesson: Lesson, taken: bool) -> None:
    """Keeps a lesson. Raises Conflict if its request has had one."""
    fresh = await tx.do(
        Q["teach"],
        text=lesson.text,
        label=lesson.label,
        source=lesson.source,
        request=lesson.request,
        actor=lesson.actor,
        at=lesson.at,
        taken=taken,
    )
    if not fresh:
        raise Conflict(f"request {lesson.request} has had its lesson: each teaches once")


async def lessons(tx: Tx) -> list[tuple[str, str]]:
    """Text and label of every lesson that moved the weights, oldest first."""
    return [(row["text"], row["label"]) for row in await tx.rows(Q["lessons"])]

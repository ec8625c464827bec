"""One call of a provider, within its time: until something comes, between two pieces, in all."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from dihedral.domain.errors import Fault
from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers.faults import Down
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Provider, Question

LONGEST = 400  # characters of what an endpoint says of its fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: until the first piece, between two pieces, for a whole answer."""

    first: float = 120.0
    idle: float = 60.0
    whole: float = 600.0


async def call(
    provider: Provider,
    to: tuple[Endpoint, Secret | None],
    question: Question,
    heard: Heard,
    patience: Patience,
) -> Answer:
    """Raises what the provider raises, and Down when it takes too long; nobody knows what that
    cost."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    end, pieces = begun + patience.whole, 0

    def piece(delta: Delta) -> None:
        nonlocal pieces
        pieces += 1
        if not limit.expired():
            limit.reschedule(min(end, loop.time() + patience.idle))
        heard(delta)

    limit = asyncio.timeout_at(min(end, begun + patience.first))
    try:
        async with limit:
            return await provider.ask(*to, question, piece)
    except TimeoutError as cause:
        raise Down(_late(patience, loop.time() >= end, pieces)) from cause


def _late(patience: Patience, over: bool, pieces: int) -> str:
    if over:
        return f"it was not done after {patience.whole:g} s"
    if pieces:
        return f"it fell silent for {patience.idle:g} s in the middle of its answer"
    return f"nothing came for {patience.first:g} s"


def told(fault: Fault, secret: Secret | None) -> str:
    """What an endpoint said, for people: bounded, and without the credential that it may repeat."""
    said = str(fault) or type(fault).__name__
    if secret:
        said = said.replace(secret.reveal(), "***")
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


async def done(work: Awaitable[None]) -> None:
    """It is done even if somebody cancels us meanwhile: money is not left held for an answer."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise

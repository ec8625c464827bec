"""Processes that spend at once: `python -m tests.ops.spenders DSN CALLS WORST COST [hold]`.

Each of its calls reserves and settles, all but the first at the same time. At the end it prints how
many were made and how many were refused. With `hold` none is settled: it says `held`, and waits to
be killed.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from dihedral.domain.errors import OverBudget
from dihedral.domain.ids import ConversationId, TurnId
from dihedral.domain.model import Usage
from dihedral.domain.spend import Spend, Used
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Unavailable, open_db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work import prices
from dihedral.ops.work.ledger import OpsLedger
from dihedral.ops.work.plane import Ops
from tests.actors import agent

T = TypeVar("T")
INFRA = agent("infra", "ada")


@asynccontextmanager
async def ledger(dsn: str, size: int = 8) -> AsyncIterator[OpsLedger]:
    async with open_db(dsn, size=size) as db:
        yield OpsLedger(
            Ops(
                db=db,
                keyring=Keyring(bytes(32)),
                now=lambda: datetime.now(UTC),
                mint=mint,
                terms=Terms(),
                book=prices.load(),
                signer=Signer.new(),
            )
        )


def spend(money: str | None, tokens: int = 1000, **choices: Any) -> Spend:
    given: dict[str, Any] = {
        "key": mint("call"),
        "conversation": ConversationId("cv-one"),
        "turn": TurnId("turn-one"),
        "agent": "infra",
        "model": "small",
        "endpoint": "ep-one",
        "money": None if money is None else Decimal(money),
        "tokens": tokens,
    }
    return Spend(**{**given, **choices})


def used(money: str | None, tokens: int = 100) -> Used:
    return Used(Usage(input=tokens), None if money is None else Decimal(money))


async def call(held: OpsLedger, worst: str, cost: str, number: int = 0) -> bool:
    """Whether there was money for it. One of three is in a conversation that goes on."""
    goes_on = ConversationId("cv-one" if number % 3 == 0 else mint("cv"))
    wanted = spend(worst, conversation=goes_on)
    try:
        reservation = await _insist(lambda: held.reserve(INFRA, wanted))
    except OverBudget:
        return False
    await _insist(lambda: held.settle(reservation, used(cost)))
    return True


async def _insist(what: Callable[[], Awaitable[T]]) -> T:
    """On a machine that is busy with other things, some wait for a connection in vain."""
    while True:
        try:
            return await what()
        except Unavailable:
            await asyncio.sleep(0.1)


async def main(dsn: str, calls: int, worst: str, cost: str, mode: str = "") -> None:
    async with ledger(dsn) as held:
        if mode == "hold":
            for _ in range(calls):
                await held.reserve(INFRA, spend(worst))
            print("held", flush=True)
            await asyncio.Event().wait()
        first = await call(held, worst, cost)
        rest = (call(held, worst, cost, number) for number in range(1, calls))
        done = [first, *await asyncio.gather(*rest)]
        print(json.dumps({"made": sum(done), "refused": calls - sum(done)}), flush=True)


if __name__ == "__main__":
    _, place, number, *amounts = sys.argv
    asyncio.run(main(place, int(number), *amounts))

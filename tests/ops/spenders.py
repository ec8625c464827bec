"""Processes that spend at once: `python -m tests.ops.spenders DSN CALLS WORST COST [hold]`.

Each of its calls reserves and settles, all at the same time. At the end it prints how many were
made and how many were refused. With `hold` none is settled: it says `held` and waits to be killed.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.errors import OverBudget
from dihedral.domain.ids import ConversationId, TurnId
from dihedral.domain.model import Usage
from dihedral.domain.spend import Spend, Used
from dihedral.kit.blob import Keyring
from dihedral.kit.db import open_db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work import prices
from dihedral.ops.work.ledger import OpsLedger
from dihedral.ops.work.plane import Ops
from tests.actors import agent

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


async def call(held: OpsLedger, worst: str, cost: str, by: Actor = INFRA) -> bool:
    """Whether there was money for it."""
    wanted = spend(worst, conversation=ConversationId(mint("cv")))
    try:
        reservation = await held.reserve(by, wanted)
    except OverBudget:
        return False
    await held.settle(reservation, used(cost))
    return True


async def main(dsn: str, calls: int, worst: str, cost: str, mode: str = "") -> None:
    async with ledger(dsn) as held:
        if mode == "hold":
            for _ in range(calls):
                await held.reserve(INFRA, spend(worst))
            print("held", flush=True)
            await asyncio.Event().wait()
        done = await asyncio.gather(*(call(held, worst, cost) for _ in range(calls)))
        print(json.dumps({"made": sum(done), "refused": calls - sum(done)}), flush=True)


if __name__ == "__main__":
    _, place, number, *amounts = sys.argv
    asyncio.run(main(place, int(number), *amounts))

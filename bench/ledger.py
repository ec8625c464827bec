"""What money costs: a call's reservation and its settling, on a PostgreSQL of its own.

    python -m bench.ledger [--pairs 400] [--json]

Alone: one pair after the other, each of a conversation of its own. Contended: sixteen at once, in
one conversation, so that all wait for the same balances. With one budget in force and with four.
CPU is ours; that of PostgreSQL is not in it.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from bench import parts, show
from dihedral.domain.actor import HOME, Actor, Kind, agent_id
from dihedral.domain.ids import ActorId, ConversationId, TurnId
from dihedral.domain.model import Usage
from dihedral.domain.right import Grant, Place, Role
from dihedral.domain.spend import Scope, Spend, Used
from dihedral.kit import mainloop, migrate, postgres
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, open_db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work import budgets, prices
from dihedral.ops.work.budgets import Slot
from dihedral.ops.work.ledger import OpsLedger
from dihedral.ops.work.plane import Ops

ADA = Actor(ActorId("ada"), rights=((Grant(Role.ADMINISTRATOR, Place(HOME)),),))
INFRA = Actor(agent_id("infra"), Kind.AGENT, on_behalf_of=ADA.id)
AT_ONCE, ROUNDS = 16, 3
WORST, COST = Decimal("0.000002"), Used(Usage(input=900, output=100), Decimal("0.000001"))
WIDE = {"money": Decimal(1_000_000)}


async def measure(pairs: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with parts.folder() as folder:
        async with postgres.start(folder / "pg") as dsn:
            await migrate.migrate(dsn, "dihedral.schema")
            async with open_db(dsn, size=AT_ONCE) as db:
                held = _ledger(db)
                await budgets.put(held.ops, ADA, Slot(scope=Scope.CONVERSATION), {"money": None})
                await budgets.put(held.ops, ADA, Slot(scope=Scope.ORGANIZATION), WIDE)
                await _both(found, "1 budget", held, pairs, agent="")
                for scope in (Scope.CONVERSATION, Scope.PERSON):
                    await budgets.put(held.ops, ADA, Slot(scope=scope), WIDE)
                await _both(found, "4 budgets", held, pairs, agent="infra")
    return found


async def _both(found: dict[str, Any], name: str, held: OpsLedger, pairs: int, agent: str) -> None:
    number = count()
    apart = lambda: ConversationId(f"cv-{agent}{next(number)}")  # noqa: E731
    one = ConversationId(f"cv-one{agent}")
    for how, wide, conversation in (("alone", 1, apart), ("contended", AT_ONCE, lambda: one)):
        rounds = [await _round(held, pairs, wide, agent, conversation) for _ in range(ROUNDS)]
        found[f"{name}, {how}"] = {
            "pairs a second": show.spread([pairs / took for took, _ in rounds]),
            "CPU a pair": show.spread([used / pairs * 1000 for _, used in rounds]),  # ms
        }


async def _round(
    held: OpsLedger, pairs: int, wide: int, agent: str, conversation: Callable[[], ConversationId]
) -> tuple[float, float]:
    async def line() -> None:
        for _ in range(pairs // wide):
            reservation = await held.reserve(INFRA, _spend(agent, conversation()))
            await held.settle(reservation, COST)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(line() for _ in range(wide)))
    return time.perf_counter() - began, time.process_time() - used


def _spend(agent: str, conversation: ConversationId) -> Spend:
    return Spend(
        key=mint("call"),
        conversation=conversation,
        turn=TurnId("turn-one"),
        agent=agent,
        model="small",
        endpoint="ep-one",
        money=WORST,
        tokens=2000,
    )


def _ledger(db: Db) -> OpsLedger:
    ops = Ops(
        db=db,
        keyring=Keyring(bytes(32)),
        now=lambda: datetime.now(UTC),
        mint=mint,
        terms=Terms(),
        book=prices.load(),
        signer=Signer.new(),
    )
    return OpsLedger(ops)


def main(words: list[str]) -> int:
    parser = show.parser("bench.ledger", __doc__)
    parser.add_argument("--pairs", type=int, default=400)
    asked = parser.parse_args(words)
    found = mainloop.run(measure(asked.pairs - asked.pairs % AT_ONCE))
    rows = [
        (
            name,
            f"{one['pairs a second']['median']:.0f} pairs/s, {one['CPU a pair']['median']:.2f} ms"
            " of CPU a pair",
        )
        for name, one in found.items()
    ]
    show.show(found, rows, as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

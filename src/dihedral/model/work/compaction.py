"""What a model is shown of a talk that is longer than it can be shown: with what the record says of
what is left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dihedral.domain.errors import Fault
from dihedral.domain.ids import RunId
from dihedral.model.rules import compaction, estimate
from dihedral.model.rules.compaction import Cut
from dihedral.model.store import conversations
from dihedral.model.work.asking import Asking

if TYPE_CHECKING:
    from dihedral.model.work.perform import Performer


async def fitted(performer: "Performer", asking: Asking) -> tuple[Asking, dict[str, Any]]:
    """The same asking where all has room; else with less, and what the trace says of that."""
    room = await performer.mind.gateway.room(performer.conversation.organization, asking)
    if room is None:
        return asking, {}
    fixed = estimate.size(asking.system, (), asking.tools, asking.schema).likely
    cut = compaction.cut(asking.messages, room - fixed)
    if cut is None:
        return asking, {}
    said = {exchange: await _lines(performer, cut, exchange) for exchange in cut.left_out}
    names = {tool.name for tool in asking.tools}
    messages = compaction.made(cut, said, names, room - fixed)
    before = estimate.size("", asking.messages).likely + fixed
    after = estimate.size("", messages).likely + fixed
    told = {"left_out": cut.messages, "of": len(asking.messages), "room": room}
    return replace(asking, messages=messages), {
        "compacted": {**told, "before": before, "after": after}
    }


async def _lines(performer: "Performer", cut: Cut, exchange: int) -> list[str]:
    """What became of an exchange's runs, of those that the agent may read."""
    runs: Sequence[RunId] = cut.runs(exchange)
    if exchange < len(performer.exchanges):
        async with performer.mind.thinking.db.tx() as tx:
            turn = await conversations.turn(tx, performer.exchanges[exchange])
        runs = tuple(dict.fromkeys([*runs, *turn.runs]))
    found = []
    for run in runs[-compaction.RUNS :]:
        try:
            brief = await performer.mind.thinking.desk.brief(performer.actor, run)
        except Fault:
            continue
        found.append(brief.line)
    return found

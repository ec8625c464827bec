"""What the model plane tells of a conversation, for its evidence: of one moment, all of it; and by
which turns work came to where it was done."""

from collections.abc import Iterable

from dihedral.domain.actor import Actor
from dihedral.domain.agentspec import AgentSpec
from dihedral.domain.conversation import Conversation, Standing, Turn
from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import ConversationId, TurnId
from dihedral.domain.testimony import Talk, Testimony, Worked
from dihedral.kit.db import Tx
from dihedral.model.store import conversations as store
from dihedral.model.store import journal
from dihedral.model.work import conversations
from dihedral.model.work.mind import Mind


async def tell(
    mind: Mind, actor: Actor, name: ConversationId, *, oversees: bool = False
) -> Testimony:
    """With all that was handed on from it. Raises NotFound, and Conflict while an agent is at
    work."""
    found = await conversations.see(mind, actor, name, oversees=oversees)
    if found.standing is Standing.WORKING:
        raise Conflict(
            f"an agent is at work on {name}, so its story is not whole yet: wait until it rests,"
            f" or `dihedral conversation stop {name}`"
        )
    async with mind.thinking.db.tx() as tx:
        talks = await _talks(mind, tx, found)
    turns = [work.turn for talk in talks for work in talk.works]
    return Testimony(talks=talks, agents=await _agents(mind, found, turns))


async def line(
    mind: Mind, actor: Actor, turn: TurnId, *, oversees: bool = False
) -> list[tuple[Conversation, Turn]]:
    """Where a person said what led to a turn, and the turns to which the work was handed on, that
    one last. Raises NotFound."""
    async with mind.thinking.db.tx() as tx:
        found = [
            (await store.find(tx, where), await store.turn(tx, each))
            for where, each in await store.line(tx, turn)
        ]
    if not found:
        raise NotFound("turn", turn)
    await conversations.see(mind, actor, found[0][0].id, oversees=oversees)
    return found


async def result(
    mind: Mind, actor: Actor, name: ConversationId, digest: str, *, oversees: bool = False
) -> str:
    """All that a tool said in a conversation, also what its agent was not shown. Raises
    NotFound."""
    await conversations.see(mind, actor, name, oversees=oversees)
    async with mind.thinking.db.tx() as tx:
        return await store.whole(tx, mind.keyring, name, digest)


async def _talks(mind: Mind, tx: Tx, first: Conversation) -> tuple[Talk, ...]:
    found, todo = [], [first]
    while todo:
        held = todo.pop(0)
        said = await store.worded(tx, mind.keyring, held.id)
        works = []
        for turn in await store.turns(tx, held.id):
            wanted = tuple(await journal.told(tx, turn.id))
            mine = tuple(worded for which, worded in said if which == turn.id)
            works.append(Worked(turn=turn, said=mine, wanted=wanted))
            todo += await store.handed(tx, turn.id)
        found.append(Talk(conversation=held, works=tuple(works)))
    return tuple(found)


async def _agents(mind: Mind, of: Conversation, turns: Iterable[Turn]) -> tuple[AgentSpec, ...]:
    """The versions that held; a turn that the reflex answered had none."""
    held = sorted({(turn.agent, turn.version) for turn in turns if turn.version})
    return tuple([await mind.specs.version(of.organization, *which) for which in held])

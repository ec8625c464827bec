"""One call of a tool, done for a turn: a fault is told to the model, a bug is ours."""

import logging
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from dihedral.domain.errors import Fault, Invalid, OverBudget
from dihedral.kit.db import Unavailable
from dihedral.kit.queue import Lost
from dihedral.model.rules import calls, own
from dihedral.model.rules.loop import Step
from dihedral.model.store import conversations
from dihedral.model.store.journal import Want
from dihedral.model.work.took import Handed
from dihedral.model.work.tools.context import Context

if TYPE_CHECKING:
    from dihedral.model.work.perform import Performer

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody stopped or paused the conversation meanwhile: nothing more of it is written."""


class Paused(Exception):
    """Money, or a person, is needed before it can go on; the message says which."""


async def used(performer: "Performer", want: Want, step: Step) -> Handed:
    """Raises what its tool raises."""
    if step.call.tool == own.READ_ON.name:
        return Handed(text=await _read_on(performer, step.arguments))
    handler = performer.mind.box[step.call.tool]
    return Handed(text=await handler(context(performer, want), step.arguments))


async def told(tool: str, key: str, doing: Awaitable[Handed]) -> Handed:
    """What came of it, for the model. Raises Unavailable, Lost, Paused, Stopped."""
    try:
        return await doing
    except OverBudget as fault:
        raise Paused(str(fault)) from fault
    except Fault as fault:
        return Handed(text=str(fault), failed=True)
    except (Unavailable, Lost, Paused, Stopped):
        raise
    except Exception:  # noqa: BLE001 (a tool that is broken is one more thing to go around)
        _log.exception("tool %s broke in %s", tool, key)
        return Handed(text=f"{tool} broke; that is no fault of yours", failed=True)


def context(performer: "Performer", want: Want) -> Context:
    return Context(
        actor=performer.actor,
        conversation=performer.conversation.id,
        turn=performer.turn.id,
        key=want.key,
        agent=performer.spec.name,
        workspace=performer.conversation.workspace,
        person=performer.conversation.person,
        origin=_origin(performer),
        retries=performer.spec.limits.retries,
        knowledge=performer.spec.knowledge,
    )


def _origin(performer: "Performer") -> dict[str, Any]:
    """What led here, for the evidence of a run."""
    spec = performer.spec
    return {
        "conversation": performer.conversation.id,
        "turn": performer.turn.id,
        "actor": performer.conversation.person,
        "asked_at": performer.asked_at.isoformat(),
        "route": {
            "by": "agent",
            "agent": spec.name,
            "version": spec.version,
            "prompt": spec.prompt.digest,
        },
        "models": list(performer.models),
    }


async def _read_on(performer: "Performer", arguments: Mapping[str, Any]) -> str:
    """Raises Invalid, NotFound."""
    digest, start = arguments.get("result"), arguments.get("from", 0)
    if not isinstance(digest, str) or not isinstance(start, int) or start < 0:
        raise Invalid("say `result`, a text, and `from`, a number, as the cut result says them")
    mind, here = performer.mind, performer.conversation.id
    async with mind.thinking.db.tx() as tx:
        text = await conversations.whole(tx, mind.keyring, here, digest)
    return calls.piece(text, digest, start, performer.spec.limits.result)

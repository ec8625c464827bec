"""Tools that ask something other than a workspace: the reflex, an agent's own texts, a person."""

import re
from functools import lru_cache
from typing import Annotated

import anyio.to_thread
import msgspec
from msgspec import Meta

from dihedral.domain.audit import act
from dihedral.domain.ids import EscalationId
from dihedral.model.rules import draft, passages, reflex, training
from dihedral.model.rules.reflex import Answer, Model
from dihedral.model.store import escalations
from dihedral.model.store.escalations import Escalation
from dihedral.model.work import requests
from dihedral.model.work.tools.context import Context, Parts

EXAMPLES = "examples"  # the text of an agent's that `classify` learns from
FEWEST = 2  # labels
LEAD = 0.25  # before the second, where the examples are too few to set a gate by
PASSAGE = 1500  # characters
_EXAMPLE = re.compile(r"^[-*]?\s*([a-z0-9][a-z0-9_-]{0,60}):\s+(\S.*)$", re.MULTILINE)


class Ask(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    text: Annotated[
        str,
        Meta(min_length=1, max_length=4000, description="What the person said, as they said it"),
    ]


class Search(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    words: Annotated[str, Meta(min_length=1, max_length=400, description="What to look for")]


class Escalate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4000,
            description="For who takes over: what is wanted, what was tried, why you stop",
        ),
    ]


async def ask_reflex(parts: Parts, context: Context, asked: Ask) -> str:
    """Whether a blueprint is meant, and what it would still need."""
    thinking = parts.thinking
    answer = reflex.predict(await thinking.live.model(), asked.text)
    blueprint = thinking.blueprints.get(answer.label or "")
    if blueprint is None:
        return f"Not sure. {_near(answer)}"
    values = requests.read(blueprint, asked.text)
    lacking = draft.missing(blueprint, values)
    rows = [f"It is the blueprint {blueprint.name} ({answer.confidence:.0%}): {blueprint.title}."]
    rows += [f"Read from it: {', '.join(f'{k}={v!r}' for k, v in values.items())}."] * bool(values)
    rows += [f"Still to ask: {slot.variable} — {slot.question}" for slot in lacking]
    return "\n".join(rows)


async def classify(parts: Parts, context: Context, asked: Ask) -> str:
    """By the agent's own examples; where it has none, by the reflex of requests."""
    examples = _examples(context)
    if examples is None:
        model = await parts.thinking.live.model()
    else:
        model = await anyio.to_thread.run_sync(_learned, examples)
    answer = reflex.predict(model, asked.text)
    if answer.label is not None:
        return f"{answer.label} ({answer.confidence:.0%} sure). {_near(answer)}"
    if examples is None or answer.margin < LEAD or not answer.nearest:
        return f"Not sure. {_near(answer)}"
    why = "it leads clearly, though the examples are too few to say how sure that is"
    return f"{answer.nearest[0][0]}: {why}. {_near(answer)}"


async def search_knowledge(parts: Parts, context: Context, asked: Search) -> str:
    texts = {one.name: one.text for one in context.knowledge if one.name != EXAMPLES}
    if not texts:
        return "You have no texts to search; say that you do not know."
    found = passages.find(texts, asked.words)
    if not found:
        return "Nothing in your texts is about that; say that you do not know."
    return "\n\n".join(
        f"[{p.text}{': ' + p.heading if p.heading else ''}]\n{p.body}" for p in found
    )


async def escalate(parts: Parts, context: Context, asked: Escalate) -> str:
    """Once for each call; people who run the server find it among the escalations."""
    thinking = parts.thinking
    made = Escalation(
        id=EscalationId(thinking.mint("esc")),
        key=context.key,
        conversation=context.conversation,
        agent=context.agent,
        person=context.person,
        reason=asked.reason,
        at=thinking.now(),
    )
    async with thinking.db.tx() as tx:
        if await escalations.add(tx, parts.keyring, made):
            at, where = thinking.now(), context.conversation
            thinking.note(tx, act(at, context.actor, "conversation.escalate", where))
    return "It is handed to a person, who finds it by this conversation. Tell whom you talk with."


def _near(answer: Answer) -> str:
    near = ", ".join(f"{label} {score:.2f}" for label, score in answer.nearest)
    return f"Nearest: {near}." if near else "Nothing is near."


def _examples(context: Context) -> tuple[tuple[str, str], ...] | None:
    """Of text and label; None where the agent has none, or too few to tell anything apart."""
    held = next((one.text for one in context.knowledge if one.name == EXAMPLES), "")
    found = tuple((text, label) for label, text in _EXAMPLE.findall(held))
    return found if len({label for _, label in found}) >= FEWEST else None


@lru_cache(maxsize=16)
def _learned(examples: tuple[tuple[str, str], ...]) -> Model:
    return training.fit(examples)

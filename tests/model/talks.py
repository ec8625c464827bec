"""Conversations as people have them: a function plays the model, all around it is real."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.agentspec import AgentSpec, Prompt, TurnLimits
from dihedral.domain.conversation import Call, Conversation, Message, Result, Speaker, Text, Turn
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, EndpointId, OrganizationId, TurnId, WorkspaceId
from dihedral.domain.model import Needs, Usage
from dihedral.kit.db import Tx
from dihedral.model.rules.tool import Effect, Tool
from dihedral.model.store import conversations as store
from dihedral.model.store.conversations import Kept
from dihedral.model.work import conversations, turns
from dihedral.model.work.asking import Asking, Said
from dihedral.model.work.conversations import Opening
from dihedral.model.work.mind import Mind
from dihedral.model.work.providers.provider import Delta, Heard
from dihedral.model.work.requests import Thinking
from dihedral.model.work.tools.context import Context
from dihedral.ops.work import workspaces
from dihedral.ops.work.estate import OpsEstate
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.staff import OpsStaff
from tests.actors import hired, person

ADA = person("ada")
Play: TypeAlias = Callable[[Asking], Awaitable[Message]]
Do: TypeAlias = Callable[[Context, Mapping[str, Any]], Awaitable[str]]


def text(words: str) -> Message:
    return Message(Speaker.AGENT, (Text(words),))


def use(tool: str, arguments: str = "{}", name: str = "c1") -> Message:
    return Message(Speaker.AGENT, (Call(name, tool, arguments),))


def results(asking: Asking) -> list[Result]:
    """Of the last message."""
    return [part for part in asking.messages[-1].parts if isinstance(part, Result)]


@dataclass(slots=True)
class Played:
    """A gateway whose models are functions, by the agent that asks. It remembers what was asked."""

    plays: dict[str, Play] = field(default_factory=dict)
    asked: list[Asking] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    space: int | None = None

    async def room(self, organization: OrganizationId, asking: Asking) -> int | None:
        return self.space

    async def ask(self, actor: Actor, asking: Asking, heard: Heard | None = None) -> Said:
        self.asked.append(asking)
        self.actors.append(actor)
        message = await self.plays[asking.agent](asking)
        if heard:
            heard(Delta("text", message.text))
        return Said(
            message=message,
            usage=Usage(100, 20),
            money=Decimal("0.01"),
            endpoint=EndpointId("ep-1"),
            upstream="large-1",
            why="the only one",
            tries=(),
            first=0.1,
            seconds=0.2,
            finish="stop",
        )


@dataclass(slots=True)
class Files:
    """Agents' files, by name."""

    known: dict[str, AgentSpec]

    async def current(self, organization: OrganizationId, name: str) -> AgentSpec:
        if name not in self.known:
            raise NotFound("agent", name)
        return self.known[name]

    async def version(self, organization: OrganizationId, name: str, number: int) -> AgentSpec:
        return await self.current(organization, name)


def spec(name: str, **fields: Any) -> AgentSpec:
    return AgentSpec(
        organization=HOME,
        name=name,
        version=1,
        digest=Digest("a" * 64),
        purpose=f"does what {name} does",
        prompt=Prompt(name, f"You are {name}.", Digest("b" * 64)),
        needs=Needs(model="large"),
        applied_by=ADA.id,
        applied_at=datetime(2026, 1, 1, tzinfo=UTC),
        **fields,
    )


@dataclass(slots=True)
class Talks:
    """`tool` adds one that a function does; `done` are the keys of its calls."""

    ops: Ops
    mind: Mind
    gateway: Played
    files: Files
    workspace: WorkspaceId
    tools: dict[str, Tool] = field(default_factory=dict)
    box: dict[str, Do] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def tool(self, name: str, do: Do, effect: Effect = Effect.READS) -> None:
        async def kept(context: Context, given: Mapping[str, Any]) -> str:
            self.done.append(context.key)
            return await do(context, given)

        self.tools[name] = Tool(name, f"does {name}", {"type": "object"}, effect)
        self.box[name] = kept

    async def begin(self, words: str, **more: Any) -> Conversation:
        opening = Opening(text=words, workspace=self.workspace, **more)
        return await conversations.start(self.mind, ADA, opening)

    async def drive(self, found: Conversation) -> Conversation:
        """Its open turn, as a worker would."""
        turn = await self.turn(found)
        await turns.advance(self.mind, turn.id, _free)
        return await conversations.see(self.mind, ADA, found.id)

    async def talk(self, words: str, **more: Any) -> Conversation:
        return await self.drive(await self.begin(words, **more))

    async def turn(self, found: Conversation) -> Turn:
        async with self.ops.db.tx() as tx:
            return (await store.turns(tx, found.id))[-1]

    async def said(self, found: Conversation) -> list[Kept]:
        return (await conversations.show(self.mind, ADA, found.id)).said

    async def texts(self, found: Conversation) -> list[str]:
        return [kept.message.text for kept in await self.said(found)]

    async def below(self, turn: TurnId) -> Sequence[Conversation]:
        async with self.ops.db.tx() as tx:
            return await store.handed(tx, turn)


async def _free(tx: Tx) -> None:
    """Nobody else has the job."""


async def talks(ops: Ops, thinking: Thinking, **limits: Any) -> Talks:
    """Ada's, with a supervisor that hands work to an infrastructure agent."""
    await hired(ops, "supervisor")
    await hired(ops, "infrastructure")
    most = TurnLimits(**limits)
    files = Files(
        {
            "supervisor": spec("supervisor", delegates=("infrastructure",), limits=most),
            "infrastructure": spec("infrastructure", limits=most),
        }
    )
    gateway = Played()

    async def serves(organization: OrganizationId, model: str) -> bool:
        return bool(gateway.plays)

    space = await workspaces.add(ops, ADA, "orders")
    mind = Mind(
        thinking=thinking,
        keyring=ops.keyring,
        staff=OpsStaff(ops),
        estate=OpsEstate(ops),
        gateway=gateway,
        specs=files,
        serves=serves,
    )
    made = Talks(ops, mind, gateway, files, space.id)
    made.mind = replace(mind, tools=made.tools, box=made.box)
    return made


__all__ = ["ADA", "ActorId", "Talks", "talks", "text", "use"]

"""What a turn wants is done here, each want once: kept in the journal before and after, so that a
turn that is begun again after a crash finds what was done, and does only the rest.

Every write first makes sure that the turn is still ours to drive, and that nobody stopped it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeAlias

from dihedral.domain.actor import Actor
from dihedral.domain.agentspec import AgentSpec, TurnLimits
from dihedral.domain.conversation import Conversation, Message, Result, Standing, Turn
from dihedral.domain.ids import ConversationId, Digest, InstanceId, RunId, TurnId
from dihedral.domain.model import Usage
from dihedral.kit.background import together
from dihedral.kit.db import Tx
from dihedral.model.rules import own
from dihedral.model.rules.loop import Ask, Heard, Results, Step, Use
from dihedral.model.rules.tool import Effect, Tool
from dihedral.model.store import conversations, journal, messages, pieces
from dihedral.model.store.journal import Done, Want
from dihedral.model.work import barred, compaction, deed
from dihedral.model.work.asking import Asking
from dihedral.model.work.deed import Stopped
from dihedral.model.work.mind import CHANNEL, Mind
from dihedral.model.work.stream import Stream
from dihedral.model.work.took import Handed, money_of, plain, summed, told, usage_of

LARGEST = 4_000_000  # characters of a tool's result that are kept
READ_RUN = "read_run"  # the tool by which an agent reads a run
TOGETHER = 8  # reading tools that work at once


Hold: TypeAlias = Callable[[Tx], Awaitable[None]]
Hand: TypeAlias = Callable[["Performer", Mapping[str, Any], str, TurnLimits], Awaitable[Handed]]


@dataclass(slots=True, kw_only=True)
class Performer:
    """One turn at work in this process. `hold` keeps the job ours, `hand` hands work on; `actor`
    is the agent with the rights that it has now. `kept` is what was done before a crash."""

    mind: Mind
    conversation: Conversation
    turn: Turn
    spec: AgentSpec
    instance: InstanceId
    actor: Actor
    team: str  # whose money it is, beside the person's and the agent's
    hold: Hold
    hand: Hand
    system: str
    tools: Mapping[str, Tool]
    kept: Mapping[int, Done]
    before: int  # messages that the loop was given
    stored: int  # messages of the loop's that are kept
    asked_at: datetime  # when a person said what all of it is about
    exchanges: tuple[TurnId, ...] = ()  # the turns in which the person spoke, in order
    line: tuple[ConversationId, ...] = ()  # conversations from which the work came here
    seq: int = 0
    rounds: int = 0
    calls: int = 0
    models: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    money: Decimal = Decimal(0)
    runs: dict[RunId, None] = field(default_factory=dict)  # those that it read
    begun: float = field(default_factory=time.monotonic)

    async def ask(self, ask: Ask) -> Heard:
        """Raises OverBudget, Upstream, Invalid, TimeoutError, Stopped."""
        want = self._next()
        self.rounds += 1
        if done := self.kept.get(want.seq):
            return self._recalled(done)
        async with self.mind.thinking.db.tx() as tx:
            await self.mine(tx)
            await self.keep(tx, ask.messages)
            await journal.begin(tx, want, self.mind.thinking.now())
        await self.refresh()
        asking, cut = await compaction.fitted(self, self._asking(want, ask))
        stream = Stream(self.mind, self.conversation.id, self.spec.name, self.line)
        async with asyncio.timeout(ask.left.seconds), stream.flowing():
            said = await self.mind.gateway.ask(self.actor, asking, stream.hear)
        async with self.mind.thinking.db.tx() as tx:
            await self.mine(tx)
            numbers = {**told(said), **cut, "elapsed": self.elapsed()}
            content = messages.encode(said.message)
            await journal.done(
                tx, self.mind.keyring, want, content, self.mind.thinking.now(), **numbers
            )
        return self._recalled(Done(content=content, digest=Digest(""), numbers=numbers))

    async def use(self, use: Use) -> Results:
        """Those that only read beside each other, the others one after the other."""
        wants = [(step, self._next(step.call.tool)) for step in use.steps]
        self.calls += len(wants)
        came: list[tuple[Result, Mapping[str, Any]]] = []
        async with asyncio.timeout(use.left.seconds):
            for reads, group in groupby(wants, lambda pair: self._reads(pair[0])):
                some = list(group)
                if reads:
                    gate = asyncio.Semaphore(TOGETHER)
                    came += await together(self._gated(gate, *pair, use.left) for pair in some)
                else:
                    came += [await self._step(*pair, use.left) for pair in some]
        read = (s.arguments for s, (one, _) in zip(use.steps, came, strict=True) if _read(s, one))
        self.runs |= dict.fromkeys(RunId(str(arguments["run"])) for arguments in read)
        numbers = [how for _, how in came]
        usage, money = usage_of(*numbers), money_of(*numbers)
        self._count(usage, money)
        return Results(
            results=tuple(result for result, _ in came),
            usage=usage,
            money=money,
            elapsed=max((how.get("elapsed", 0.0) for how in numbers), default=0.0),
        )

    async def mine(self, tx: Tx) -> None:
        """Nobody else drives it and nobody stops it until `tx` ends. Raises Lost, Stopped."""
        await self.hold(tx)
        held = await conversations.lock(tx, self.conversation.id)
        now = await conversations.open_turn(tx, held.id)
        if held.standing is not Standing.WORKING or now is None or now.id != self.turn.id:
            raise Stopped(held.why)

    async def keep(self, tx: Tx, talk: tuple[Message, ...]) -> None:
        """What was said since the last time; and whoever listens is told."""
        new = talk[self.before + self.stored :]
        if new:
            now = self.mind.thinking.now()
            await conversations.keep(tx, self.mind.keyring, self.turn, new, now)
            self.stored += len(new)
            barred.note(self, tx, new)
            await pieces.clear(tx, self.conversation.id)
        await tx.notify(CHANNEL, self.conversation.id)

    async def refresh(self) -> None:
        """The rights that it has now, and more time. Raises Conflict, NotFound."""
        self.actor = (await self.mind.staff.again(self.instance)).actor

    def elapsed(self) -> float:
        """Seconds at work, those before a crash or a pause with them."""
        before = max((done.numbers.get("elapsed", 0.0) for done in self.kept.values()), default=0.0)
        return float(before + time.monotonic() - self.begun)

    def numbers(self) -> dict[str, Any]:
        """What the turn came to, with all that was handed on."""
        unpriced = any(model["money"] is None for model in self.models)
        return {
            "usage": asdict(self.usage),
            "money": None if unpriced else str(self.money),
            "seconds": round(self.elapsed(), 3),
        }

    def _count(self, usage: Usage, money: Decimal | None) -> None:
        self.usage = summed([self.usage, usage])
        self.money += money or Decimal(0)

    async def _gated(
        self, gate: asyncio.Semaphore, step: Step, want: Want, left: TurnLimits
    ) -> tuple[Result, Mapping[str, Any]]:
        async with gate:
            return await self._step(step, want, left)

    async def _step(
        self, step: Step, want: Want, left: TurnLimits
    ) -> tuple[Result, Mapping[str, Any]]:
        if done := self.kept.get(want.seq):
            return _result(step, done), done.numbers
        async with self.mind.thinking.db.tx() as tx:
            await self.mine(tx)
            await journal.begin(tx, want, self.mind.thinking.now())
        handed = await self._did(step, want, left)
        text = handed.text if len(handed.text) <= LARGEST else handed.text[:LARGEST] + "\n[cut]"
        content = text.encode("utf-8", "replace")
        numbers: dict[str, Any] = {"elapsed": self.elapsed()}
        used = {"usage": asdict(handed.usage), "money": plain(handed.money)}
        numbers |= used if handed.usage.tokens else {}
        async with self.mind.thinking.db.tx() as tx:
            await self.mine(tx)
            digest = await journal.done(
                tx,
                self.mind.keyring,
                want,
                content,
                self.mind.thinking.now(),
                **{**numbers, "failed": handed.failed},
            )
        made = Done(content=content, digest=digest, failed=handed.failed, numbers=numbers)
        return _result(step, made), numbers

    async def _did(self, step: Step, want: Want, left: TurnLimits) -> Handed:
        tool = step.call.tool
        if tool == own.DELEGATE.name:
            doing = self.hand(self, step.arguments, want.key, left)
        else:
            doing = deed.used(self, want, step)
        return await deed.told(tool, want.key, doing)

    def _reads(self, step: Step) -> bool:
        return self.tools[step.call.tool].effect is Effect.READS

    # -- models

    def _asking(self, want: Want, ask: Ask) -> Asking:
        return Asking(
            key=want.key,
            conversation=self.conversation.id,
            turn=self.turn.id,
            agent=self.spec.name,
            team=self.team,
            needs=self.spec.needs,
            system=self.system,
            messages=ask.messages,
            tools=tuple(self.tools.values()),
            seconds=float(ask.left.seconds),
        )

    def _recalled(self, done: Done) -> Heard:
        how = done.numbers
        self.models.append({k: how.get(k) for k in ("endpoint", "upstream", "usage", "money")})
        usage, money = usage_of(how), money_of(how)
        self._count(usage, money)
        return Heard(
            message=messages.decode(done.content),
            usage=usage,
            money=money,
            finish=how["finish"],
            elapsed=how["elapsed"],
        )

    def _next(self, tool: str = "") -> Want:
        self.seq += 1
        return Want(turn=self.turn.id, seq=self.seq, tool=tool)


def _read(step: Step, result: Result) -> bool:
    """Whether it is a run that was read: who may not see one reads none."""
    return step.call.tool == READ_RUN and not result.failed


def _result(step: Step, done: Done) -> Result:
    text = done.content.decode()
    return Result(step.call.id, step.call.tool, text, done.failed, done.digest, len(text))

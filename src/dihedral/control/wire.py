"""Where everything is built, once, and the planes are tied together."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from dihedral.control import hush, mind
from dihedral.control.settings import Settings
from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import ActorId, OrganizationId, RequestId, RunId, TurnId
from dihedral.domain.right import Grant, Place, Role
from dihedral.kit import migrate, postgres, queue, worker
from dihedral.kit.background import beside
from dihedral.kit.db import Db, Unavailable, open_db
from dihedral.kit.keys import unlock
from dihedral.kit.log import hiding
from dihedral.kit.mint import mint
from dihedral.kit.queue import Handler, Job
from dihedral.model.work import blueprints, live, review, turns
from dihedral.model.work.mind import Mind
from dihedral.model.work.providers.wires import Wires
from dihedral.model.work.requests import Thinking
from dihedral.ops.rules import terms
from dihedral.ops.rules.grants import Pin
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store.audit import keys as signing
from dihedral.ops.work import audit, infracost, ledger, policy, prices, runner, tokens
from dihedral.ops.work import keys as rotation
from dihedral.ops.work.cages import Cages
from dihedral.ops.work.desk import OpsDesk
from dihedral.ops.work.pipeline import ADVANCE
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.simulators import Simulator
from dihedral.ops.work.site import Worker
from dihedral.ops.work.tools import Tools

TALKS = 32  # turns that one worker drives at once; most of the time they wait
SWEEP = 30.0  # seconds between two looks for runs that nobody is busy with

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class System:
    """Everything that runs, for as long as `opened` is."""

    settings: Settings
    ops: Ops
    thinking: Thinking
    mind: Mind

    async def work(self) -> None:
        """Work on runs until cancelled; what a dead worker left is taken over."""
        settings = self.settings
        simulator = Simulator(settings.simulator_path)
        ours = self._site(simulator)

        async def advance(job: Job) -> None:
            turn = partial(queue.hold, job=job)
            await runner.advance(replace(ours, turn=turn), RunId(job.args["run"]))

        async def learn(job: Job) -> None:
            actor = _teacher(job.args)
            with suppress(Conflict, Invalid):  # it has had its lesson, or its blueprint is gone
                request = RequestId(job.args["request"])
                await review.teach(self.thinking, actor, request, job.args["label"])

        talking = mind.working(self.ops, self.mind, ours)

        async def turn(job: Job) -> None:
            hold = partial(queue.hold, job=job)
            await turns.advance(talking, TurnId(job.args["turn"]), hold, job.attempt)

        async def abandoned(job: Job) -> None:
            hold = partial(queue.hold, job=job)
            await turns.abandoned(talking, TurnId(job.args["turn"]), hold)

        runs = self._crew(ours.name, {ADVANCE: advance, review.LEARN: learn})
        talks = replace(
            self._crew(f"{ours.name}-turns", {turns.TURN: turn, turns.ABANDONED: abandoned}),
            queues=(turns.QUEUE,),
            concurrency=TALKS,
        )
        try:
            async with (
                beside(_sweep(self.ops), "sweep"),
                beside(rotation.go_on(self.ops), "rotation of keys"),
                asyncio.TaskGroup() as crews,
            ):
                crews.create_task(runs.run())
                crews.create_task(talks.run())
        finally:
            await simulator.aclose()

    def _site(self, simulator: Simulator) -> Worker:
        return Worker(
            ops=self.ops,
            tools=Tools(os.environ.get("PATH", os.defpath), self.settings.tools),
            simulator=simulator,
            directory=self.settings.data / "runs",
            name=f"{socket.gethostname()}-{os.getpid()}",
            grace=self.settings.grace.total_seconds(),
            cages=Cages(unsandboxed=self.settings.unsandboxed),
        )

    def _crew(self, name: str, handlers: Mapping[str, Handler]) -> worker.Worker:
        beat = self.settings.heartbeat.total_seconds()
        return worker.Worker(
            db=self.ops.db,
            handlers=handlers,
            name=name,
            concurrency=self.settings.worker_concurrency,
            heartbeat=beat,
            dead_after=3 * beat,
            grace=self.settings.grace.total_seconds(),
        )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[System]:
    """The database started and brought up to date, the key found, the reflex trained.

    Raises a Fault, or one of the kit's own exceptions, each with what to do about it.
    """
    async with AsyncExitStack() as stack:
        ops = await stack.enter_async_context(grounded(settings))
        db = ops.db
        await stack.enter_async_context(ops.ear.hearing(db))
        await stack.enter_async_context(ops.stops.hearing(db))
        known = blueprints.load(settings.blueprints)
        reflex = live.Live(db, known, blueprints.unsure(settings.blueprints), _now)
        thinking = Thinking(
            db=db,
            desk=OpsDesk(ops),
            blueprints=known,
            live=reflex,
            now=_now,
            mint=mint,
            note=partial(audit.note, ops),
            models=mind.models(ops, await stack.enter_async_context(Wires())),
            files=mind.files(ops),
        )
        minded = mind.mind(ops, thinking)
        await stack.enter_async_context(minded.ear.hearing(db))
        yield System(settings, ops, thinking, minded)


@asynccontextmanager
async def grounded(settings: Settings) -> AsyncIterator[Ops]:
    """The ops plane alone, for a command that does its work beside a server. Raises as `opened`."""
    async with AsyncExitStack() as stack:
        dsn = await _dsn(stack, settings)
        await migrate.migrate(dsn, "dihedral.schema")
        db = await stack.enter_async_context(open_db(dsn, size=18 + settings.worker_concurrency))
        ops = await _ops(settings, db)
        stack.enter_context(hiding(hush.clearing(ops.keyring, dsn)))
        yield ops


async def _sweep(ops: Ops) -> None:
    """At the start, and every so often: a job that failed too often leaves its run unfinished, and
    keys grow old."""
    while True:
        try:
            await runner.sweep(ops)
            await tokens.tend(ops)
            await ledger.sweep(ops)
        except Unavailable as fault:
            _log.info("unfinished runs are looked for later: %s", fault)
        await asyncio.sleep(SWEEP)


async def _dsn(stack: AsyncExitStack, settings: Settings) -> str:
    if settings.database_url is None:
        return await stack.enter_async_context(postgres.start(settings.data / "postgres"))
    dsn = settings.database_url.reveal()
    await postgres.check(dsn)
    return dsn


async def _ops(settings: Settings, db: Db) -> Ops:
    key = settings.key.reveal() if settings.key else None
    async with db.tx() as tx:
        keyring = await unlock(tx, key, settings.key_path)
        signer = await signing(tx, keyring, _now())
    return Ops(
        db=db,
        keyring=keyring,
        now=_now,
        mint=mint,
        terms=_terms(settings),
        book=prices.load(settings.prices),
        price_age=timedelta(days=settings.prices_age),
        infracost=infracost.configured(os.environ)
        if settings.estimator == infracost.NAME
        else None,
        policies=policy.chosen(settings.rego),
        signer=signer,
        issuer=settings.issuer or settings.base,
        self_approval=settings.self_approval,
        lost_after=settings.lost_after,
    )


def _terms(settings: Settings) -> Terms:
    """What holds where a workspace says nothing else. Raises Invalid, naming the file."""
    plain = Terms()
    try:
        text = settings.terms.read_text("utf-8") if settings.terms else ""
        held = terms.read(text, plain)
    except (OSError, UnicodeDecodeError, Invalid) as cause:
        raise Invalid(f"the server's terms, DIHEDRAL_TERMS={settings.terms}: {cause}") from cause
    named = {**dict.fromkeys(settings.providers, Pin()), **held.guard.providers}
    hosts = tuple(dict.fromkeys((*settings.hosts, *held.hosts)))
    return replace(held, guard=replace(held.guard, providers=named), hosts=hosts)


def _teacher(args: Mapping[str, str]) -> Actor:
    """Whoever approved the run that the lesson is of. It was allowed then, so it is now."""
    home = OrganizationId(args.get("organization", HOME))
    return Actor(
        ActorId(args["actor"]),
        organization=home,
        rights=((Grant(Role.PROPOSER, Place(home)),),),
    )


def _now() -> datetime:
    return datetime.now(UTC)

"""`kill -9` of a worker that drives a turn, at each point of it; and all of the main job, from
messy words to what is applied, with models that a server on loopback plays.

What is held open is held from outside: a trigger of the test's waits for a lock that the test has.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dihedral.control import mind as minds
from dihedral.domain.actor import HOME
from dihedral.domain.conversation import Conversation, Standing
from dihedral.domain.ids import ConversationId, EndpointId, RunId
from dihedral.domain.model import Ability, Endpoint, Hosting, Price, Wire
from dihedral.kit.mint import mint
from dihedral.model.store import endpoints
from dihedral.model.work import blueprints, conversations, live
from dihedral.model.work.conversations import Opening
from dihedral.model.work.mind import Mind
from dihedral.model.work.providers.wires import Wires
from dihedral.model.work.requests import Thinking
from dihedral.ops.work import audit
from dihedral.ops.work.desk import OpsDesk
from tests.actors import SINCE, hired
from tests.control.conftest import dsn, known, model, taught
from tests.ops.processes import ADA, Office, Process, data, office, until, worker
from tests.wire.script import Asked, Say, Script, Trip, Trouble, Use
from tests.wire.server import Server, playing

__all__ = ["dsn", "known", "model", "taught"]  # fixtures: no worker has to train the reflex

pytestmark = pytest.mark.anyio
WORDS = "uh so we need that thing again, like last time, you know, the marker one"
BRIEF = "In workspace orders add a terraform_data named marker with input one."
GATE = 4711  # of an advisory lock: whoever holds it holds the worker
DOOR = """
CREATE FUNCTION at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {where} THEN
        PERFORM pg_advisory_xact_lock_shared({gate});
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER at_the_gate BEFORE {event} ON want
    FOR EACH ROW EXECUTE FUNCTION at_the_gate();
"""


def plays(asked: Asked) -> Say:
    """A large model that hands on, and a small one that drafts, validates and proposes."""
    if asked.model == "large-1":
        if asked.results:
            return Say(text=f"Done, and already approved: {asked.results[0].text}")
        brief = {"agent": "infrastructure", "brief": BRIEF}
        return Say(calls=(Use(tool="delegate", arguments=brief),))
    files = [{"path": "main.tf", "content": data(marker="one")}]
    steps: Sequence[Say] = (
        Say(calls=(Use(tool="write_draft", arguments={"files": files}),)),
        Say(calls=(Use(tool="validate_draft"),)),
        Say(calls=(Use(tool="propose", arguments={"reason": "the marker of orders"}),)),
        Say(text="The marker is proposed."),
    )
    return steps[min(asked.round, 3)]


@dataclass(frozen=True, slots=True)
class Scene:
    """People, an agent of each kind, and models that a server plays."""

    people: Office
    mind: Mind
    server: Server
    workspace: Any

    async def begin(self) -> Conversation:
        opening = Opening(text=WORDS, workspace=self.workspace.id)
        return await conversations.start(self.mind, ADA, opening)

    async def rests(self, name: ConversationId) -> Conversation:
        async def there() -> Conversation | None:
            found = await conversations.see(self.mind, ADA, name)
            return found if found.standing is not Standing.WORKING else None

        return await until(there, f"{name} rests")

    async def rows(self, query: bytes, **args: object) -> list[dict[str, Any]]:
        async with self.people.ops.db.tx() as tx:
            return await tx.rows(query, **args)

    async def proposed(self) -> list[dict[str, Any]]:
        return await self.rows(b"SELECT id, status FROM run WHERE key IS NOT NULL")

    @asynccontextmanager
    async def gate(self, event: str, where: str) -> AsyncIterator[None]:
        """The worker waits where it writes such a want."""
        async with await psycopg.AsyncConnection.connect(self.people.dsn, autocommit=True) as conn:
            await conn.execute(DOOR.format(where=where, gate=GATE, event=event).encode())
            await conn.execute(b"SELECT pg_advisory_lock(%s)", (GATE,))
            try:
                yield
            finally:
                await conn.execute(b"SELECT pg_advisory_unlock(%s)", (GATE,))

    async def waits(self) -> bool:
        """Whether somebody stands at the gate."""
        return bool(
            await self.rows(
                b"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %(gate)s"
                b" AND NOT granted",
                gate=GATE,
            )
        )


@asynccontextmanager
async def scene(dsn: str, script: Script = plays) -> AsyncIterator[Scene]:
    with playing(script) as server:
        async with office(dsn) as people, Wires() as wires:
            ops = people.ops
            for name in ("supervisor", "infrastructure"):
                await hired(ops, name)
            known = blueprints.load()
            thinking = Thinking(
                db=ops.db,
                desk=OpsDesk(ops),
                blueprints=known,
                live=live.Live(ops.db, known, blueprints.unsure(), ops.now),
                now=ops.now,
                mint=mint,
                note=partial(audit.note, ops),
                models=minds.models(ops, wires),
                files=minds.files(ops),
            )
            async with ops.db.tx() as tx:
                for model in ("large", "small"):
                    await endpoints.add(tx, ops.keyring, _endpoint(model, server.url), None, SINCE)
            space = await people.workspace("orders")
            yield Scene(people, minds.mind(ops, thinking), server, space)


def _endpoint(model: str, url: str) -> Endpoint:
    return Endpoint(
        id=EndpointId(f"ep-{model}"),
        organization=HOME,
        model=model,
        hosting=Hosting.CLUSTER,
        wire=Wire.OPENAI,
        upstream=f"{model}-1",
        url=f"{url}/v1",
        price=Price(input=Decimal(1), output=Decimal(4), as_of=SINCE.date()),
        context=100_000,
        abilities=frozenset({Ability.TOOLS, Ability.STREAMING}),
    )


async def test_from_messy_words_to_what_is_applied(dsn: str, scratch: Path) -> None:
    async with scene(dsn) as ours:
        with worker(dsn, scratch / "main-job"):
            begun = await ours.begin()
            assert (await ours.rests(begun.id)).standing is Standing.RESTING
            shown = await conversations.show(ours.mind, ADA, begun.id)
            assert shown.said[-1].message.text == (
                "Done, and already approved: The marker is proposed."
            )
            [run] = await ours.proposed()
            held = await ours.people.until(RunId(run["id"]), "policy_checked")
            assert (held.proposer, held.on_behalf_of) == ("agent:infrastructure", "ada")
            assert held.origin["route"]["agent"] == "infrastructure"
            await ours.people.approve(held.id)
            assert (await ours.people.until(held.id, "applied")).status == "applied"
    assert [asked.model for asked in ours.server.asked] == [
        "large-1", "small-1", "small-1", "small-1", "small-1", "large-1",
    ]  # fmt: skip


async def test_a_worker_that_dies_before_the_model_is_asked(dsn: str, scratch: Path) -> None:
    async with scene(dsn) as ours:
        with worker(dsn, scratch / "before") as doomed:
            async with ours.gate("INSERT", "new.kind = 'ask'"):
                begun = await ours.begin()
                await until(ours.waits, "the model is about to be asked")
                doomed.kill()
        assert ours.server.asked == []
        await _goes_on(ours, begun, scratch / "before")
    assert len(ours.server.asked) == 6


async def test_a_worker_that_dies_while_the_model_speaks(dsn: str, scratch: Path) -> None:
    def stumbles(asked: Asked) -> Say:
        said = plays(asked)
        if asked.model == "large-1" and asked.results:
            return replace(said, trip=Trip(trouble=Trouble.HANG, after=3, times=1))
        return said

    async with scene(dsn, stumbles) as ours:
        with worker(dsn, scratch / "speaks") as doomed:
            begun = await ours.begin()

            async def spoken() -> bool:
                live = (await conversations.show(ours.mind, ADA, begun.id)).live
                return any(piece.kind == "text" for piece in live)

            await until(spoken, "some words have come")
            doomed.kill()
        await _goes_on(ours, begun, scratch / "speaks")
    assert len(ours.server.asked) == 7  # the answer that was not kept is asked for again


async def test_a_worker_that_dies_after_it_proposed_and_before_that_is_written(
    dsn: str, scratch: Path
) -> None:
    async with scene(dsn) as ours:
        with worker(dsn, scratch / "proposed") as doomed:
            async with ours.gate("UPDATE", "new.tool = 'propose' AND new.done_at IS NOT NULL"):
                begun = await ours.begin()
                await until(ours.waits, "it has proposed, and is about to write that down")
                assert len(await ours.proposed()) == 1
                doomed.kill()
        await _goes_on(ours, begun, scratch / "proposed")
        [want] = await ours.rows(b"SELECT tries FROM want WHERE tool = 'propose'")
        assert want["tries"] == 2
    assert len(ours.server.asked) == 6  # no answer that was kept is asked for again


async def test_a_worker_that_dies_while_a_person_thinks(dsn: str, scratch: Path) -> None:
    async with scene(dsn) as ours:
        with worker(dsn, scratch / "thinks") as doomed:
            begun = await ours.begin()
            await ours.rests(begun.id)
            [run] = await ours.proposed()
            await ours.people.until(RunId(run["id"]), "policy_checked")
            doomed.kill()
        await ours.people.approve(RunId(run["id"]))
        with worker(dsn, scratch / "thinks"):
            await ours.people.until(RunId(run["id"]), "applied")
            found = await conversations.see(ours.mind, ADA, begun.id)
            assert found.standing is Standing.RESTING


async def test_a_person_stops_what_is_at_work(dsn: str, scratch: Path) -> None:
    def hangs(asked: Asked) -> Say:
        if asked.model == "small-1":
            return Say(text="I will never say", trip=Trip(trouble=Trouble.HANG, after=2))
        return plays(asked)

    async with scene(dsn, hangs) as ours:
        with worker(dsn, scratch / "stopped") as process:
            begun = await ours.begin()
            await until(partial(_handed, ours), "the work is handed on")
            stopped = await conversations.stop(ours.mind, ADA, begun.id)
            assert stopped.standing is Standing.STOPPED
            await until(partial(_idle, ours), "the worker has let go of it")
            _alive(process)
        rows = await ours.rows(b"SELECT standing FROM conversation")
        assert [row["standing"] for row in rows] == ["stopped", "stopped"]
    assert [asked.model for asked in ours.server.asked] == ["large-1", "small-1"]


async def _goes_on(ours: Scene, begun: Conversation, place: Path) -> None:
    """Another worker takes it to its end, and nothing is there twice."""
    with worker(ours.people.dsn, place):
        assert (await ours.rests(begun.id)).standing is Standing.RESTING
    shown = await conversations.show(ours.mind, ADA, begun.id)
    assert [kept.message.by for kept in shown.said] == ["person", "agent", "tool", "agent"]
    assert len(await ours.proposed()) == 1
    below = await ours.rows(b"SELECT id FROM conversation WHERE parent IS NOT NULL")
    assert len(below) == 1


async def _handed(ours: Scene) -> bool:
    return any(asked.model == "small-1" for asked in ours.server.asked)


async def _idle(ours: Scene) -> bool:
    rows = await ours.rows(
        b"SELECT 1 FROM procrastinate_jobs WHERE task_name = 'turn' AND status = 'doing'"
    )
    return not rows


def _alive(process: Process) -> None:
    assert process.child.poll() is None

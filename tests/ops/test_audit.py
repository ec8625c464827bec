"""The audit log: what is in it, and that no change of it goes unseen."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace

import pytest

from dihedral.domain.actor import Kind
from dihedral.domain.audit import FIELDS, Act, Link, Outcome
from dihedral.domain.errors import Conflict, Forbidden
from dihedral.domain.run import Fact
from dihedral.ops.rules import acts, records
from dihedral.ops.work import audit, pipeline, workspaces
from dihedral.ops.work.plane import Ops
from tests.actors import agent
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio
CONFIG = 'resource "terraform_data" "a" { input = "one" }\n'


async def everything(ops: Ops) -> list[Link]:
    return [link async for links in audit.each(ops) for link in links]


async def tamper(world: World, statement: bytes) -> None:
    """What the owner of the database can do: the trigger does not hold him."""
    async with world.ops.db.tx() as tx:
        await tx.do(b"ALTER TABLE audit DISABLE TRIGGER append_only")
        await tx.do(statement)
        await tx.do(b"ALTER TABLE audit ENABLE TRIGGER append_only")


def test_every_fact_of_a_run_has_a_name_in_the_log() -> None:
    assert set(acts.ACTS) == set(Fact)


async def test_a_run_is_told_act_by_act_with_who_did_it(world: World) -> None:
    run = await world.apply(CONFIG)
    told = [
        (x.act.action, x.act.actor) for x in await everything(world.ops) if x.act.target == run.id
    ]
    assert told[0] == ("run.propose", "ada")
    assert ("run.approve", "bo") in told
    assert told[-1] == ("run.apply", "system")


async def test_what_the_guard_denied_is_in_the_log_as_denied(world: World) -> None:
    run = await world.propose('data "http" "x" { url = "https://example.com" }')
    told = [x.act for x in await everything(world.ops) if x.act.target == run.id]
    assert (told[-1].action, told[-1].outcome) == ("run.judge", Outcome.DENIED)
    assert "guard" in told[-1].reason


async def test_an_act_that_is_undone_leaves_no_record(world: World) -> None:
    before = len(await everything(world.ops))
    with pytest.raises(Conflict):
        await workspaces.add(world.ops, ADA, "shop")
    assert len(await everything(world.ops)) == before


async def test_a_refusal_is_noted_with_whom_it_refused(world: World) -> None:
    robot = replace(agent("robot", "ada"), trace="f" * 32)
    await audit.refused(world.ops, robot, "run.approve", "run-1", "only a person approves")
    [*_, last] = await everything(world.ops)
    shown = (last.act.actor, last.act.kind, last.act.on_behalf_of, last.act.trace)
    assert shown == ("agent:robot", Kind.AGENT, "ada", "f" * 32)
    assert last.act.outcome is Outcome.DENIED


async def test_reading_a_state_in_clear_is_an_act(world: World) -> None:
    await world.apply(CONFIG)
    [newest, *_] = await workspaces.state_versions(world.ops, ADA, "shop")
    await workspaces.state_file(world.ops, BO, newest.id)
    [*_, last] = await everything(world.ops)
    assert (last.act.action, last.act.actor, last.act.target) == ("state.read", "bo", newest.id)


async def test_what_was_written_is_proved(world: World) -> None:
    await world.apply(CONFIG)
    proof = await audit.verify(world.ops, ADA)
    assert proof.broken == ""
    assert proof.head.seq == len(await everything(world.ops)) > 5


async def test_many_at_once_make_one_chain_without_gaps(world: World) -> None:
    async def act(n: int) -> None:
        await workspaces.add(world.ops, ADA, f"w{n}")

    await asyncio.gather(*(act(n) for n in range(40)))
    assert [x.seq for x in await everything(world.ops)] == list(range(1, 42))
    assert (await audit.verify(world.ops, ADA)).broken == ""


async def test_the_database_itself_refuses_to_change_a_record(world: World) -> None:
    for statement in (b"UPDATE audit SET actor = 'eve'", b"DELETE FROM audit", b"TRUNCATE audit"):
        with pytest.raises(Exception, match="append-only"):
            async with world.ops.db.tx() as tx:
                await tx.do(statement)
    assert (await audit.verify(world.ops, ADA)).broken == ""


@pytest.mark.parametrize(
    "statement",
    [
        b"UPDATE audit SET at = at + interval '1 microsecond' WHERE seq = 3",
        b"UPDATE audit SET organization = 'org-other' WHERE seq = 3",
        b"UPDATE audit SET actor = 'eve' WHERE seq = 3",
        b"UPDATE audit SET kind = 'agent' WHERE seq = 3",
        b"UPDATE audit SET on_behalf_of = '' WHERE seq = 3",
        b"UPDATE audit SET action = 'run.look' WHERE seq = 3",
        b"UPDATE audit SET target = target || ' ' WHERE seq = 3",
        b"UPDATE audit SET workspace = 'ws-other' WHERE seq = 3",
        b"UPDATE audit SET outcome = 'failed' WHERE seq = 3",
        b"UPDATE audit SET reason = reason || '.' WHERE seq = 3",
        b"UPDATE audit SET trace = 'x' WHERE seq = 3",
        b"UPDATE audit SET hash = repeat('0', 64) WHERE seq = 3",
        b"DELETE FROM audit WHERE seq = 1",
        b"DELETE FROM audit WHERE seq = 3",
        b"DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        b"DELETE FROM audit",
        b"UPDATE audit SET seq = seq + 1000 WHERE seq = (SELECT max(seq) FROM audit)",
        b"INSERT INTO audit SELECT seq + 1000, at, organization, actor, kind, on_behalf_of, action,"
        b" target, workspace, outcome, reason, trace, hash FROM audit WHERE seq = 3",
        b"UPDATE audit_head SET hash = repeat('a', 64)",
        b"UPDATE audit_head SET seq = seq - 1",
        b"UPDATE audit_head SET seal = NULL",
        b"UPDATE audit_head SET seal = set_byte(seal, 30, get_byte(seal, 30) # 1)",
        b"DELETE FROM audit_head",
    ],
)
async def test_no_change_of_the_log_goes_unseen(world: World, statement: bytes) -> None:
    for n in range(5):
        await workspaces.add(world.ops, ADA, f"w{n}")
    await tamper(world, statement)
    assert (await audit.verify(world.ops, ADA)).broken


async def test_cutting_the_end_off_with_its_head_is_seen_by_the_seal(world: World) -> None:
    for n in range(5):
        await workspaces.add(world.ops, ADA, f"w{n}")
    await tamper(world, b"DELETE FROM audit WHERE seq > 4")
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit WHERE seq = 4)"
        )
    assert "key" in (await audit.verify(world.ops, ADA)).broken


async def test_an_exported_log_is_proved_offline_to_the_byte(world: World) -> None:
    for n in range(3):
        await workspaces.add(world.ops, ADA, f"w{n}")
    text = b"".join(map(records.encode, await everything(world.ops)))
    assert records.follow(text)[1] == ""
    for at in range(len(text)):
        forged = bytearray(text)
        forged[at] ^= 1
        assert records.follow(bytes(forged))[1], text[at - 20 : at + 20]


def test_each_field_counts_in_a_records_hash() -> None:
    covered: Sequence[str] = FIELDS
    assert set(covered) == {f.name for f in fields(Act)}


async def test_an_agent_that_may_not_is_refused_and_the_refusal_is_kept(world: World) -> None:
    robot = agent("robot")
    run = await world.propose(CONFIG)
    with pytest.raises(Forbidden):
        await pipeline.approve(world.ops, robot, run.id)

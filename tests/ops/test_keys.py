"""Rotating keys in the middle of everything: what is sealed stays readable, what was true stays
true, what was not does not become so, and nothing is left under the old key."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.errors import RaiseException

from dihedral.domain.actor import HOME
from dihedral.domain.approval import How
from dihedral.domain.conversation import Conversation
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import ConversationId, Digest, EndpointId
from dihedral.domain.model import Endpoint, Hosting, Wire
from dihedral.domain.run import Run, Status
from dihedral.kit import blob, blobs, dsse, key, keys
from dihedral.kit.blob import Keyring, WrongKey
from dihedral.kit.db import Tx
from dihedral.kit.key import Key
from dihedral.kit.keys import Busy
from dihedral.kit.log import Secret
from dihedral.model.store import conversations, endpoints, pieces
from dihedral.ops.rules import chain, proof, seal
from dihedral.ops.store import approvals, runs, sealed
from dihedral.ops.store import audit as audit_store
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import audit, consent, pipeline, tokens, workspaces
from dihedral.ops.work import keys as rotation
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio
CONFIG = 'variable "login" { type = string }\nresource "terraform_data" "a" { input = "%s" }\n'
SECRET = "cAnary-Zx9-login"
PLACE = Endpoint(
    id=EndpointId("ep-one"), organization=HOME, model="large", hosting=Hosting.API,
    wire=Wire.OPENAI, upstream="big", url="https://models.example/v1",
)  # fmt: skip
TABLES = {  # every column that holds something sealed
    "blob": "sealed", "variable": "sealed", "run_log": "sealed", "signing_key": "sealed",
    "token_key": "sealed", "endpoint": "sealed", "conversation_piece": "sealed",
    "run": "seal", "approval": "seal", "audit_head": "seal",
}  # fmt: skip
OTHERS = {  # hashes, and what is no secret
    ("key_wrap", "sealed"), ("signing_key", "public"), ("reflex", "weights"), ("api_token", "hash"),
    ("invitation", "hash"), ("login_code", "hash"), ("login_failure", "key"),
    ("session", "hash"), ("session", "next_hash"), ("session", "former_hash"),
}  # fmt: skip

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
TALK = Conversation(
    id=ConversationId("cv-keys"),
    organization=HOME,
    agent="supervisor",
    person=ADA.id,
    created_at=SINCE,
    updated_at=SINCE,
)


async def held(tx: Tx) -> dict[str, set[str]]:
    """The keys under which there is something, by table."""
    found = {}
    for table, column in TABLES.items():
        query = (
            f"SELECT DISTINCT encode(substring({column} FROM 6 FOR 8), 'hex') AS key FROM {table}"
        )
        rows = await tx.rows(query.encode() + f" WHERE length({column}) > 0".encode())
        found[table] = {row["key"] for row in rows}
    for table in ("run", "approval"):
        query = f"SELECT DISTINCT split_part(inputs, '.', 1) AS key FROM {table}"
        rows = await tx.rows(query.encode() + b" WHERE inputs IS NOT NULL")
        found[f"{table}.inputs"] = {row["key"] for row in rows}
    return found


async def everything(world: World, run: Run) -> str:
    """What is kept of a run, in clear."""
    told = await world.log(run.id)
    async with world.ops.db.tx() as tx:
        for digest in (run.configuration, run.plan_file, run.plan_json, run.evidence):
            if digest:
                told += repr(await blobs.get(tx, world.ops.keyring, digest))
    return told


async def rotated(world: World) -> str:
    """The key that seals after a rotation, which moved everything."""
    done = await rotation.rotate(world.ops, ADA)
    async with world.ops.db.tx() as tx:
        assert set().union(*(await held(tx)).values()) <= {done.seals}
        assert await keys.leaving(tx) == []
    return done.seals


@pytest.fixture
async def furnished(world: World) -> World:
    """With something of every kind: a secret, a run that was applied, its log, its evidence."""
    await workspaces.set_variable(world.ops, ADA, "shop", "login", SECRET, sensitive=True)
    async with world.ops.db.tx() as tx:
        await audit_store.keys(tx, world.ops.keyring, world.ops.now())
        await endpoints.add(tx, world.ops.keyring, PLACE, Secret(SECRET), world.ops.now())
        await conversations.add(tx, TALK)
        await pieces.add(tx, world.ops.keyring, TALK.id, "text", "as I was saying")
    await tokens.tend(world.ops)
    return world


async def credential(world: World) -> str:
    """Of the endpoint, in clear; nothing where it cannot be opened."""
    async with world.ops.db.tx() as tx:
        [served] = await endpoints.serving(tx, world.ops.keyring, PLACE.organization, PLACE.model)
    return served.secret.reveal() if served.secret else ""


async def test_a_rotation_moves_everything_and_all_of_it_can_be_read(furnished: World) -> None:
    world, ops = furnished, furnished.ops
    done = await world.apply(CONFIG % "one")
    waits = await world.propose(CONFIG % "two")
    assert (done.status, waits.status) == (Status.APPLIED, Status.POLICY_CHECKED)
    before = [await everything(world, run) for run in (done, waits)]
    async with ops.db.tx() as tx:
        [first] = set().union(*(await held(tx)).values())
        signer = await audit_store.keys(tx, ops.keyring, ops.now())
    second = await rotated(world)
    assert second != first
    assert [await everything(world, run) for run in (done, waits)] == before
    assert await credential(world) == SECRET
    async with ops.db.tx() as tx:
        assert (await audit_store.keys(tx, ops.keyring, ops.now())).id == signer.id
    assert (await audit.verify(ops, ADA)).broken == ""
    signed = await pipeline.artefact(ops, ADA, done.id, "evidence")
    assert proof.faults(proof.read(dsse.open_(signed, ops.signer.public).payload)) == []
    await pipeline.approve(ops, BO, waits.id)
    assert (await world.advance(waits.id)).status is Status.APPLIED
    acts = [x.act.action for x in await audit.page(ops, ADA, audit_store.Which(), 100)]
    assert {"key.rotate", "key.destroy"} <= set(acts)


async def test_a_key_that_has_ended_is_nowhere_and_opens_nothing(furnished: World) -> None:
    ring = furnished.ops.keyring
    async with furnished.ops.db.tx() as tx:
        old = await keys.sealing(tx, ring)
        forged = blob.seal(old, b"", b"over")
        assert await keys.genuine(tx, ring, forged, b"over")
    await rotated(furnished)
    async with furnished.ops.db.tx() as tx:
        wraps = await tx.rows(b"SELECT data_key FROM key_wrap")
        assert old.id not in {row["data_key"] for row in wraps}
        await keys.sealing(tx, ring)
        assert not await keys.genuine(tx, ring, forged, b"over")


async def test_a_credential_opens_only_for_the_address_that_it_was_given_for(
    furnished: World,
) -> None:
    assert await credential(furnished) == SECRET
    async with furnished.ops.db.tx() as tx:
        await tx.do(b"UPDATE endpoint SET url = 'https://thief.example/v1'")
    assert await credential(furnished) == ""


async def test_what_was_approved_before_a_rotation_is_applied_after_it(furnished: World) -> None:
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(furnished.ops, BO, run.id)
    await rotated(furnished)
    assert (await furnished.advance(run.id)).status is Status.APPLIED


async def test_variables_that_change_after_a_rotation_are_noticed(furnished: World) -> None:
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(furnished.ops, BO, run.id)
    await rotated(furnished)
    await workspaces.set_variable(furnished.ops, ADA, "shop", "login", "other", sensitive=True)
    ended = await furnished.advance(run.id)
    assert (ended.status, "variables" in ended.reason) == (Status.ERRORED, True)


async def test_variables_that_changed_before_a_rotation_are_noticed_after_it(
    furnished: World,
) -> None:
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(furnished.ops, BO, run.id)
    await workspaces.set_variable(furnished.ops, ADA, "shop", "login", "other", sensitive=True)
    await rotated(furnished)
    ended = await furnished.advance(run.id)
    assert (ended.status, "variables" in ended.reason) == (Status.ERRORED, True)


@pytest.mark.parametrize("change", [b"approvers = 0", b"proposer = 'bo'"])
async def test_a_run_that_somebody_changed_does_not_become_true(
    furnished: World, change: bytes
) -> None:
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(furnished.ops, BO, run.id)
    async with furnished.ops.db.tx() as tx:
        await tx.do(b"UPDATE run SET " + change)
    await rotated(furnished)
    ended = await furnished.advance(run.id)
    assert "not what was judged" in ended.reason


async def test_neither_does_an_approval_nor_the_audit_log(furnished: World) -> None:
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(furnished.ops, BO, run.id)
    async with furnished.ops.db.tx() as tx:
        await tx.do(b"UPDATE approval SET approver = 'cy'")
        await tx.do(b"UPDATE audit_head SET hash = %(hash)s", hash="f" * 64)
        retired = (await keys.sealing(tx, furnished.ops.keyring)).id
    at = rotation.Rotation()
    async with furnished.ops.db.tx() as tx:
        await keys.renew(tx, furnished.ops.keyring)  # no act: that would write a new head
    for batch in rotation.batches(at):
        await batch(furnished.ops, [retired])
    assert "was not written with" in (await audit.verify(furnished.ops, ADA)).broken
    ended = await furnished.advance(run.id)
    assert "not as it was given" in ended.reason


async def test_an_approval_goes_on_when_its_run_is_planned_again_meanwhile(
    furnished: World,
) -> None:
    """The new plan is made with the new key, and what was approved is still under the old one."""
    ops = furnished.ops
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(ops, BO, run.id)
    await workspaces.lock(ops, ADA, "shop", "a rotation begins")
    assert (await furnished.advance(run.id)).status is Status.ERRORED
    await workspaces.unlock(ops, ADA, "shop")
    async with ops.db.tx() as tx:
        new = await keys.renew(tx, ops.keyring)
    again = await pipeline.replan(ops, BO, run.id)
    ended = await furnished.advance(again.id)
    assert (ended.status, ended.reason) == (Status.APPLIED, "")
    assert new is not None and (ended.inputs or "").startswith(new.id)
    async with ops.db.tx() as tx:
        given = await approvals.of_run(tx, again.id)
    assert [approval.how for approval in given] == [How.CARRIED]


async def test_a_transaction_that_seals_is_waited_for_and_its_work_is_moved(
    furnished: World,
) -> None:
    ops = furnished.ops
    async with ops.db.tx() as tx:
        digest = await blobs.put(tx, ops.keyring, b"under way")
        with pytest.raises(Busy):
            async with ops.db.tx() as other:
                await keys.renew(other, ops.keyring)
    seals = await rotated(furnished)
    async with ops.db.tx() as tx:
        row = await tx.row(b"SELECT sealed FROM blob WHERE digest = %(digest)s", digest=digest)
        assert row is not None and blob.sealed_by(row["sealed"]) == seals
        assert await blobs.get(tx, ops.keyring, digest) == b"under way"


async def test_a_process_that_knows_nothing_of_a_rotation_goes_on(furnished: World) -> None:
    """Also of two rotations that are over: it seals with the newest key, and reads everything."""
    other = replace(furnished.ops, keyring=Keyring(furnished.ops.keyring.master.raw))
    run = await furnished.propose(CONFIG % "one")
    await rotated(furnished)
    seals = await rotated(furnished)
    assert await workspaces.variables(other, ADA, "shop")
    await pipeline.approve(other, BO, run.id)
    assert (await furnished.advance(run.id)).status is Status.APPLIED
    async with furnished.ops.db.tx() as tx:
        assert set().union(*(await held(tx)).values()) == {seals}


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_can_be_sealed_with_a_key_that_is_retired(
    furnished: World, table: str
) -> None:
    """Whoever tries: the database refuses it."""
    ops = furnished.ops
    run = await furnished.propose(CONFIG % "one")
    await pipeline.approve(ops, BO, run.id)
    async with ops.db.tx() as tx:
        old = await keys.sealing(tx, ops.keyring)
    async with ops.db.tx() as tx:
        await keys.renew(tx, ops.keyring)
    late = blob.seal(old, b"late", b"")
    with pytest.raises(
        RaiseException, match=f"{table} is sealed with key {old.id}, which seals no"
    ):
        async with ops.db.tx() as tx:
            change = f"UPDATE {table} SET {TABLES[table]} = %(late)s"
            await tx.do(change.encode(), late=late)


async def test_every_sealed_column_is_guarded_and_found(furnished: World) -> None:
    """A new column of bytes is named here, or it is none that is sealed."""
    async with furnished.ops.db.tx() as tx:
        found = await tx.rows(
            b"SELECT table_name AS t, column_name AS c FROM information_schema.columns"
            b" WHERE data_type = 'bytea' AND table_schema = current_schema()"
        )
        columns = {(row["t"], row["c"]) for row in found}
        assert columns == set(TABLES.items()) | OTHERS
        triggers = await tx.rows(
            b"SELECT tgrelid::regclass::text AS t, count(*) AS n FROM pg_trigger"
            b" WHERE tgfoid = 'refuse_retired_key'::regproc AND tgenabled = 'O' GROUP BY 1"
        )
        inserted = {**dict.fromkeys(TABLES, 2), "audit_head": 1}  # its one row is there already
        assert {row["t"]: row["n"] for row in triggers} == inserted
        left = await sealed.left(tx, [(await keys.sealing(tx, furnished.ops.keyring)).id])
    assert {kind.name for kind in sealed.CONTENT} | {"run", "approval", "audit_head"} == set(TABLES)
    assert set().union(*left.values()) <= set(TABLES)


async def test_a_database_of_before_data_keys_goes_on_and_is_moved(furnished: World) -> None:
    """What the master key itself sealed, and a digest that names no key."""
    ops, world = furnished.ops, furnished
    run = await world.propose(CONFIG % "one")
    await pipeline.approve(ops, BO, run.id)
    await _aged(world, run)
    assert SECRET in repr(await _variables(world))
    assert (await audit.verify(ops, ADA)).broken == ""
    master = ops.keyring.master.id
    async with ops.db.tx() as tx:
        assert {master} <= set().union(*(await held(tx)).values())
    waits = await world.propose(CONFIG % "two")
    seals = await rotated(world)
    assert seals != master
    assert SECRET in repr(await _variables(world))
    assert (await audit.verify(ops, ADA)).broken == ""
    assert (await world.advance(run.id)).status is Status.APPLIED
    await pipeline.discard(ops, ADA, waits.id)


async def test_content_that_nobody_can_open_is_named_and_keeps_its_key(furnished: World) -> None:
    ops = furnished.ops
    async with ops.db.tx() as tx:
        old = (await keys.sealing(tx, ops.keyring)).id
        digest = await blobs.put(tx, ops.keyring, b"some content")
        await tx.do(
            b"UPDATE blob SET sealed = sealed || 'x'::bytea WHERE digest = %(digest)s",
            digest=digest,
        )
    for _ in range(2):
        with pytest.raises(Conflict, match=f"blob {digest}"):
            await rotation.rotate(ops, ADA)
    async with ops.db.tx() as tx:
        assert set().union(*(await held(tx)).values()) - {old} != set()
        assert await sealed.left(tx, [old]) == {old: {"blob": 1}}
        await tx.do(b"DELETE FROM blob WHERE digest = %(digest)s", digest=digest)
    assert (await rotation.rotate(ops, ADA)).ended == [old]


async def test_a_master_key_is_replaced_and_either_opens_until_the_new_one_has(
    furnished: World, tmp_path: Path
) -> None:
    ops, path = furnished.ops, tmp_path / "key"
    old, new = key.load(path), Key.new()
    await rotation.change_master(ops, ADA, new)
    await rotation.change_master(ops, ADA, new)  # again, as after a crash
    async with ops.db.tx() as tx:  # a start with the old one, as after a crash before the file
        assert (await keys.unlock(tx, None, path)).id == old.id
    with pytest.raises(Conflict, match=r"changed to .* already"):
        await rotation.change_master(ops, ADA, Key.new())
    async with ops.db.tx() as tx:
        ring = await keys.unlock(tx, new.raw.hex(), path)
        assert await keys.masters(tx) == [new.id]
    assert SECRET in repr(await _variables(furnished, ring))
    with pytest.raises(WrongKey, match=new.id):
        async with ops.db.tx() as tx:
            await keys.unlock(tx, old.raw.hex(), path)
    assert await audit.verify(replace(ops, keyring=ring), ADA)
    assert SECRET in repr(await _variables(furnished))  # the process that began with the old one


async def test_a_running_process_reads_its_key_file_again(furnished: World, tmp_path: Path) -> None:
    """It has the old master key when another one seals a new data key."""
    ops, path = furnished.ops, tmp_path / "key"
    made = key.load(tmp_path / "key.new")
    await rotation.change_master(ops, ADA, made)
    old = key.swap(path, tmp_path / "key.new")
    assert (key.load(path).id, key.load(old).id) == (made.id, ops.keyring.id)
    async with ops.db.tx() as tx:
        other = replace(ops, keyring=await keys.unlock(tx, None, path))
    await rotation.rotate(other, ADA)
    await workspaces.set_variable(ops, ADA, "shop", "more", "value")
    assert SECRET in repr(await _variables(furnished))


async def test_a_process_with_an_old_master_key_says_so(furnished: World) -> None:
    ops = furnished.ops
    stale = replace(ops, keyring=Keyring(ops.keyring.master.raw))
    new = Key.new()
    await rotation.change_master(ops, ADA, new)
    async with ops.db.tx() as tx:
        other = replace(ops, keyring=await keys.unlock(tx, new.raw.hex(), Path("none")))
    await rotation.rotate(other, ADA)
    with pytest.raises(WrongKey, match=f"{new.id}.*start this process again"):
        await workspaces.set_variable(stale, ADA, "shop", "more", "value")


async def test_a_master_key_that_sealed_content_itself_is_rotated_away_first(
    furnished: World,
) -> None:
    run = await furnished.propose(CONFIG % "one")
    await _aged(furnished, run)
    with pytest.raises(Conflict, match="dihedral key rotate"):
        await rotation.change_master(furnished.ops, ADA, Key.new())
    await rotated(furnished)
    await rotation.change_master(furnished.ops, ADA, Key.new())


async def _variables(world: World, ring: Keyring | None = None) -> list[str]:
    async with world.ops.db.tx() as tx:
        space = world.workspace.id
        found = await store.variables(tx, ring or world.ops.keyring, space)
        return [variable.value or "" for variable in found]


async def _aged(world: World, run: Run) -> None:
    """Everything as a release before data keys left it."""
    ops, master = world.ops, world.ops.keyring.master
    async with ops.db.tx() as tx:
        now = await keys.sealing(tx, ops.keyring)
        await tx.do(b"UPDATE keyring SET retired_at = NULL, ended_at = NULL WHERE kind = 'master'")
        for kind in sealed.CONTENT:
            while found := await sealed.some(tx, kind, [now.id]):
                again = [
                    replace(x, sealed=blob.reseal(ops.keyring, master, x.sealed, x.bind))
                    for x in found
                ]
                await sealed.move(tx, kind, again)
        inputs = await consent.inputs(ops, tx, world.workspace, like=Digest("bare"))
        assert "." not in inputs
        old = replace(await runs.lock(tx, run.id), inputs=inputs)
        await sealed.move_run(tx, run.id, blob.seal(master, b"", seal.of_run(old)), inputs)
        for given in await approvals.of_run(tx, run.id):
            then = replace(given, inputs=inputs)
            tag = blob.seal(master, b"", seal.of_approval(then))
            await sealed.move_approval(tx, given.id, tag, inputs)
    async with ops.db.tx() as tx:
        await tx.do(b"DELETE FROM key_wrap")
        await tx.do(b"UPDATE audit_head SET seal = %(seal)s", seal=await _head(tx, master))
        await tx.do(b"DELETE FROM keyring WHERE kind = 'data'")
    ops.keyring.learn([master], -1)


async def _head(tx: Tx, master: Key) -> bytes:
    return blob.seal(master, b"", chain.sealed((await audit_store.kept(tx)).head))

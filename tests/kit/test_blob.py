"""Sealed content opens with its key and its binding, or says clearly why not."""

import asyncio
import base64
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.kit import blobs, keys
from dihedral.kit.blob import Damaged, Keyring, WrongKey, seal, unseal
from dihedral.kit.db import Db
from dihedral.kit.key import NoKey

RING = Keyring(bytes(range(32)))
OTHER = Keyring(bytes(range(1, 33)))


@given(plain=st.binary(max_size=2000), bind=st.binary(max_size=40))
def test_what_is_sealed_opens_to_the_same(plain: bytes, bind: bytes) -> None:
    assert unseal(RING, seal(RING.master, plain, bind), bind) == plain


@given(plain=st.binary(max_size=200), at=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(max_examples=200)
def test_a_changed_byte_anywhere_is_noticed(plain: bytes, at: int, flip: int) -> None:
    sealed = bytearray(seal(RING.master, plain, b"x"))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises((Damaged, WrongKey)):
        unseal(RING, bytes(sealed), b"x")


@given(cut=st.integers(0, 60))
def test_what_is_cut_short_is_damaged(cut: int) -> None:
    sealed = seal(RING.master, b"hello", b"x")
    with pytest.raises((Damaged, WrongKey)):
        unseal(RING, sealed[: min(cut, len(sealed) - 1)], b"x")


def test_content_for_one_thing_does_not_open_for_another() -> None:
    with pytest.raises(Damaged, match="belongs elsewhere"):
        unseal(RING, seal(RING.master, b"hello", b"run-1"), b"run-2")


def test_another_key_is_named_and_never_garbage() -> None:
    with pytest.raises(WrongKey) as fault:
        unseal(OTHER, seal(RING.master, b"hello", b""), b"")
    assert RING.id in str(fault.value) and OTHER.id in str(fault.value)


def test_text_is_compressed_and_two_seals_differ() -> None:
    plain = b"resource " * 10_000
    one, two = seal(RING.master, plain, b""), seal(RING.master, plain, b"")
    assert len(one) < 1000
    assert one != two


def test_a_key_does_not_show_itself() -> None:
    assert RING.master.raw.hex() not in repr(RING) and "x01" not in repr(RING)


@pytest.mark.parametrize(
    "text",
    [
        RING.master.raw.hex(),
        base64.b64encode(RING.master.raw).decode(),
        f" {RING.master.raw.hex().upper()}\n",
    ],
)
def test_a_key_from_settings_is_hex_or_base64(text: str) -> None:
    assert Keyring.given(text).id == RING.id


@pytest.mark.parametrize("text", ["", "short", "z" * 64, base64.b64encode(b"x" * 31).decode()])
def test_what_is_no_key_says_how_to_make_one(text: str) -> None:
    with pytest.raises(NoKey, match="openssl rand -hex 32"):
        Keyring.given(text)


def test_a_key_file_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    made = Keyring.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.load(path).id == made.id
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        ids = pool.map(_key_id, [tmp_path / "key"] * 16)
    assert len(set(ids)) == 1


def _key_id(path: Path) -> str:
    return Keyring.load(path).id


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Keyring.load(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(NoKey, match=r"mode 0640.*chmod 600"):
        Keyring.load(tmp_path / "key")


def test_a_damaged_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    os.truncate(path, 0)
    with pytest.raises(NoKey, match="damaged"):
        Keyring.load(path)
    assert path.read_bytes() == b""


@pytest.mark.anyio
async def test_content_is_stored_once_and_comes_back_whole(db: Db) -> None:
    async with db.tx() as tx:
        digest = await blobs.put(tx, RING, b"state" * 1000)
        assert await blobs.put(tx, RING, b"state" * 1000) == digest
        assert await blobs.get(tx, RING, digest) == b"state" * 1000
        assert await blobs.size(tx, digest) == 5000
        assert await tx.row(b"SELECT count(*) AS n FROM blob") == {"n": 1}
        with pytest.raises(KeyError):
            await blobs.get(tx, RING, "0" * 64)


@pytest.mark.anyio
async def test_content_under_a_wrong_digest_is_damaged(db: Db) -> None:
    async with db.tx() as tx:
        one = await blobs.put(tx, RING, b"one")
        two = await blobs.put(tx, RING, b"two")
        await tx.do(
            b"UPDATE blob SET sealed = (SELECT sealed FROM blob WHERE digest = %(two)s)"
            b" WHERE digest = %(one)s",
            **{"one": one, "two": two},
        )
        with pytest.raises(Damaged):
            await blobs.get(tx, RING, one)


@pytest.mark.anyio
async def test_two_who_put_the_same_at_once_both_succeed(db: Db) -> None:
    async def one() -> str:
        async with db.tx() as tx:
            return await blobs.put(tx, RING, b"same" * 1000)

    assert len(set(await asyncio.gather(*(one() for _ in range(8))))) == 1


@pytest.mark.anyio
async def test_a_lost_key_is_noticed_at_start_and_not_replaced(db: Db, tmp_path: Path) -> None:
    path = tmp_path / "key"
    async with db.tx() as tx:
        first = await keys.unlock(tx, None, path)
    async with db.tx() as tx:
        assert (await keys.unlock(tx, None, path)).id == first.id
    path.unlink()
    with pytest.raises(NoKey, match=f"{first.id}.*put the file back"):
        async with db.tx() as tx:
            await keys.unlock(tx, None, path)
    assert not path.exists()
    with pytest.raises(WrongKey, match=first.id):
        async with db.tx() as tx:
            await keys.unlock(tx, OTHER.master.raw.hex(), path)
    async with db.tx() as tx:
        again = await keys.unlock(tx, first.master.raw.hex(), path)
    assert again.id == first.id

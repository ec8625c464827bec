"""Transactions, notifications, and a database that goes away and comes back."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import psycopg
import pytest

from dihedral.kit import postgres, postmaster
from dihedral.kit.db import Db, Unavailable, json, open_db, place

pytestmark = pytest.mark.anyio


async def test_a_transaction_is_all_or_nothing(db: Db) -> None:
    async with db.tx() as tx:
        await tx.do(b"CREATE TABLE t (n int, extra jsonb)")
    with pytest.raises(RuntimeError):
        async with db.tx() as tx:
            await tx.do(b"INSERT INTO t VALUES (%(n)s, NULL)", n=1)
            raise RuntimeError
    async with db.tx() as tx:
        assert await tx.rows(b"SELECT n FROM t") == []
        assert await tx.do(b"INSERT INTO t VALUES (2, %(extra)s)", extra=json({"a": [1]})) == 1
        await tx.each(b"INSERT INTO t VALUES (%(n)s, NULL)", [{"n": 3}, {"n": 4}])
    async with db.tx() as tx:
        assert await tx.row(b"SELECT n, extra FROM t ORDER BY n") == {"n": 2, "extra": {"a": [1]}}
        assert await tx.row(b"SELECT n FROM t WHERE n = 9") is None


async def test_a_notification_is_heard_after_commit_only(db: Db) -> None:
    async with aclosing(db.listen("news")) as heard:
        assert await anext(heard) is None
        with pytest.raises(RuntimeError):
            async with db.tx() as tx:
                await tx.notify("news", "never")
                raise RuntimeError
        async with db.tx() as tx:
            await tx.notify("news", "now")
        assert await asyncio.wait_for(anext(heard), 5) == "now"


async def test_a_listener_survives_its_connection_and_says_so(db: Db, dsn: str) -> None:
    async with aclosing(db.listen("news")) as heard:
        assert await anext(heard) is None
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert await asyncio.wait_for(anext(heard), 5) is None
        async with db.tx() as tx:
            await tx.notify("news", "again")
        assert await asyncio.wait_for(anext(heard), 5) == "again"


async def test_a_broken_connection_is_unavailable_and_the_next_one_works(db: Db) -> None:
    with pytest.raises(Unavailable, match=r"cannot be used: .*; see that it runs"):
        async with db.tx() as tx:
            await tx.do(b"SELECT pg_terminate_backend(pg_backend_pid())")
    async with db.tx() as tx:
        assert await tx.row(b"SELECT 1 AS one") == {"one": 1}


async def test_a_connection_that_was_ended_while_nobody_used_it_is_not_lent(
    db: Db, dsn: str
) -> None:
    assert await db.rows(b"SELECT 1 AS one") == [{"one": 1}]  # it is there, and seen just now
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await db.rows(b"SELECT 2 AS two") == [{"two": 2}]


async def test_one_statement_is_a_transaction_by_itself(db: Db) -> None:
    async with db.tx() as tx:
        await tx.do(b"CREATE TABLE alone (n int)")
    made = await db.rows(b"INSERT INTO alone VALUES (%(n)s) RETURNING n", n=7)
    assert made == [{"n": 7}]
    async with db.tx() as tx:
        assert await tx.rows(b"SELECT n FROM alone") == made


async def test_a_mistake_in_a_query_is_not_a_database_that_is_down(db: Db) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with db.tx() as tx:
            await tx.do(b"SELECT * FROM nowhere")


async def test_a_server_that_is_killed_is_started_again_and_used(apart: Path) -> None:
    apart = apart / "pg"
    async with postgres.start(apart) as dsn, open_db(dsn) as db:
        async with db.tx() as tx:
            await tx.do(b"CREATE TABLE kept (n int)")
        found = postmaster.find(apart / "data")
        assert found is not None
        postmaster.stop(apart / "data")
        async with db.tx() as tx:  # waits until somebody starts it again
            assert await tx.rows(b"SELECT n FROM kept") == []
        again = postmaster.find(apart / "data")
        assert again is not None and again.pid != found.pid


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("host=127.0.0.1 port=1 dbname=x", r"127\.0\.0\.1:1/x cannot be used: .*refused"),
        ("host=/nowhere dbname=x user=u", r"/nowhere/x cannot be used: .*No such file"),
        ("what is this", r"address cannot be read: .*; write it as postgresql://"),
    ],
)
async def test_a_database_that_is_not_there_is_a_clear_message(dsn: str, says: str) -> None:
    with pytest.raises(Unavailable, match=says):
        async with open_db(dsn):
            pass


def test_a_place_has_no_secrets() -> None:
    assert place("postgresql://bo:secret@db.example:5433/app") == "db.example:5433/app"

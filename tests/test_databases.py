"""What a test leaves in its database is not there for the next one, which may be given the same."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.conftest import BASE, OURS
from tests.databases import Databases


@pytest.fixture
def lender(cluster: str) -> Iterator[Databases]:
    """Of its own: none was lent so often that it goes."""
    with closing(Databases(cluster, f"{OURS}_apart")) as made:
        yield made


@pytest.fixture
def name(lender: Databases) -> str:
    """Of the database that is lent next."""
    with lender.like(BASE) as dsn:
        return _name(dsn)


def test_rows_go_and_sequences_begin_again(lender: Databases, name: str) -> None:
    for _ in range(2):
        with lender.like(BASE) as dsn, _open(dsn) as conn:
            assert _name(dsn) == name
            told = conn.execute(
                "INSERT INTO lesson (text, label, source, request, actor, at, taken)"
                " VALUES ('words', '', 'corrected', 'req-1', 'ada', now(), true) RETURNING id"
            ).fetchone()
            assert told == (1,)


def test_rows_of_the_template_are_as_they_were(lender: Databases, name: str) -> None:
    with lender.like(BASE) as dsn, _open(dsn) as conn:
        before = _all(conn)
        conn.execute("UPDATE organization SET name = 'another'")
        conn.execute("SET session_replication_role = replica")
        conn.execute("DELETE FROM project")
        assert _all(conn) != before
    for _ in range(2):
        with lender.like(BASE) as dsn, _open(dsn) as conn:
            assert (_name(dsn), _all(conn)) == (name, before)


def test_who_is_still_connected_is_thrown_out(lender: Databases, name: str) -> None:
    with lender.like(BASE) as dsn:
        left = psycopg.connect(dsn)
        left.execute("UPDATE organization SET name = 'another'")
    with left, pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    with lender.like(BASE) as dsn, _open(dsn) as conn:
        assert _name(dsn) == name
        assert conn.execute("SELECT 1 FROM organization WHERE name = 'another'").fetchall() == []


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE one (id int)",
        "ALTER TABLE run DISABLE TRIGGER ALL",
        "ALTER TABLE run ADD COLUMN more text",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE INDEX one ON run (status)",
        "COMMENT ON TABLE run IS 'runs'; ALTER TABLE run RENAME TO walk",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$",
    ],
)
def test_one_of_another_shape_is_lent_no_more(lender: Databases, name: str, change: str) -> None:
    with lender.like(BASE) as dsn, _open(dsn) as conn:
        assert _name(dsn) == name
        conn.execute(change.encode())
    with lender.like(BASE) as dsn:
        assert _name(dsn) != name


def _open(dsn: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(dsn, autocommit=True)


def _all(conn: "psycopg.Connection[Any]") -> list[tuple[Any, ...]]:
    return [
        *conn.execute("SELECT * FROM organization ORDER BY id").fetchall(),
        *conn.execute("SELECT * FROM project ORDER BY id").fetchall(),
        *conn.execute("SELECT * FROM migration ORDER BY 1").fetchall(),
    ]


def _name(dsn: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])

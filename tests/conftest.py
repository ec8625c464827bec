"""Real parts: one PostgreSQL of our own for the session, and a fresh database for each test."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dihedral.kit import migrate, postgres
from dihedral.kit.db import Db, open_db

_count = itertools.count()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory of the session with a short path; in memory where there is room for it."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    path = Path(tempfile.mkdtemp(prefix="dihedral-", dir=memory if roomy else None))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def apart(scratch: Path) -> Iterator[Path]:
    """As `tmp_path`, but another pytest that starts meanwhile does not reset its permissions."""
    path = Path(tempfile.mkdtemp(dir=scratch))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(scratch: Path) -> Iterator[str]:
    """The DSN of a server whose database `base` is migrated."""
    with postgres.running(scratch / "postgres") as dsn:
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute("CREATE DATABASE base")
        asyncio.run(migrate.migrate(make_conninfo(dsn, dbname="base"), "dihedral.schema"))
        yield dsn


@contextmanager
def fresh(cluster: str, template: str) -> Iterator[str]:
    """A database made like another, for as long as the block runs."""
    name = f"test_{next(_count)}"
    with psycopg.connect(cluster, autocommit=True) as conn:
        words = (sql.Identifier(name), sql.Identifier(template))
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*words))
        yield make_conninfo(cluster, dbname=name)
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def dsn(cluster: str) -> Iterator[str]:
    """A fresh, migrated database."""
    with fresh(cluster, "base") as made:
        yield made


@pytest.fixture
def empty_dsn(cluster: str) -> Iterator[str]:
    """A fresh database with nothing in it."""
    with fresh(cluster, "template1") as made:
        yield made


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Db]:
    async with open_db(dsn, size=5) as opened:
        yield opened

"""Real parts: one PostgreSQL for the session, and a fresh database for each test.

It is the embedded one; with DIHEDRAL_TEST_DATABASE_URL it is the server there, whose role may make
databases and roles (`make test-postgres` brings one along).
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg.conninfo import make_conninfo

from dihedral.kit import garbage, migrate, postgres
from dihedral.kit.db import Db, open_db
from tests import databases, order
from tests.databases import Databases

ORDINARY = os.environ.get("DIHEDRAL_TEST_DATABASE_URL", "")
OURS = f"{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}_{os.getpid()}"  # others use the server, too
BASE = f"base_{OURS}"
_count = itertools.count()
_known: dict[str, Databases] = {}  # by the DSN of their server


# no property is false because the machine is busy
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure() -> None:
    garbage.seldom()
    settings.load_profile("busy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: order.rank(item.nodeid.partition("::")[0]))


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
    """The DSN of a server whose database `BASE` is migrated."""
    server = nullcontext(ORDINARY) if ORDINARY else postgres.running(scratch / "postgres")
    with server as dsn, made(dsn, BASE, "template1") as base:
        asyncio.run(migrate.migrate(base, "dihedral.schema"))
        _known[dsn] = Databases(dsn, OURS)
        yield dsn
        _known.pop(dsn).close()


def fresh(cluster: str, template: str = BASE) -> AbstractContextManager[str]:
    """A database like another, for as long as the block runs: nothing in it but what that has."""
    return _known[cluster].like(template)


@contextmanager
def made(cluster: str, name: str = "", template: str = BASE) -> Iterator[str]:
    """One that is made anew, and goes with the block."""
    name = name or f"made_{OURS}_{next(_count)}"
    with psycopg.connect(cluster, autocommit=True) as conn:
        databases.create(conn, name, template)
        yield make_conninfo(cluster, dbname=name)
        databases.drop(conn, name)


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """What a server that is a process is told of its database: nothing, where it embeds one."""
    if not ORDINARY:
        yield {}
        return
    with made(ORDINARY, template="template1") as dsn:
        yield {"DATABASE_URL": dsn}


@pytest.fixture
def dsn(cluster: str) -> Iterator[str]:
    """A fresh, migrated database."""
    with fresh(cluster) as dsn:
        yield dsn


@pytest.fixture
def empty_dsn(cluster: str) -> Iterator[str]:
    """A fresh database with nothing in it."""
    with made(cluster, template="template1") as dsn:
        yield dsn


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Db]:
    async with open_db(dsn, size=5) as opened:
        yield opened

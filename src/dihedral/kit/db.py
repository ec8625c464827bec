"""PostgreSQL, in a few verbs: a transaction with `rows`, `row`, `do`, and a channel to listen on.

A connection that breaks is `Unavailable` for whoever held it, and nobody else: the pool checks
each connection before it lends it, and makes new ones as soon as the server is back.
"""

import asyncio
import select
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolTimeout

Row: TypeAlias = dict[str, Any]
Query: TypeAlias = bytes | LiteralString

PATIENCE = 10.0
"""Seconds that a caller waits for a connection before `Unavailable`."""

SILENT = 5.0
"""Seconds of silence after which a connection is asked whether it lives."""

_OPTIONS = (
    "-c TimeZone=UTC -c statement_timeout=60s -c lock_timeout=30s"
    " -c idle_in_transaction_session_timeout=60s"
)
# SQLSTATE classes that mean "the server, not the query": lost, out of something, going down, disk
_SERVER = ("08", "53", "57P", "58", "XX")


class Unavailable(Exception):
    """The database cannot be reached, used or made. The same call may succeed later."""


def json(value: object) -> Jsonb:
    """A value for a `jsonb` column."""
    return Jsonb(value)


class Tx:
    """One open transaction."""

    def __init__(self, conn: AsyncConnection[Any]) -> None:
        self.conn = conn
        self.found: dict[str, object] = {}  # what was looked up, and holds until it ends
        self._lasts: list[Callable[[Tx], Awaitable[None]]] = []

    def last(self, work: "Callable[[Tx], Awaitable[None]]") -> None:
        """Done just before the transaction commits, in order: for what takes a lock that everyone
        waits for, so that it is held briefly and after all other locks."""
        self._lasts.append(work)

    async def finish(self) -> None:
        for work in self._lasts:
            await work(self)

    async def rows(self, query: Query, **args: object) -> list[Row]:
        async with self.conn.cursor(row_factory=dict_row) as cursor:
            return await (await cursor.execute(query, args)).fetchall()

    async def row(self, query: Query, **args: object) -> Row | None:
        return next(iter(await self.rows(query, **args)), None)

    async def do(self, query: Query, **args: object) -> int:
        """How many rows it touched."""
        return (await self.conn.execute(query, args)).rowcount

    async def each(self, query: Query, many: Iterable[Mapping[str, object]]) -> None:
        """The same statement for many rows, in one round trip."""
        async with self.conn.cursor() as cursor:
            await cursor.executemany(query, many)

    async def notify(self, channel: str, payload: str) -> None:
        """Heard by `Db.listen` when, and only if, the transaction commits. At most 7,999 bytes."""
        await self.conn.execute("SELECT pg_notify(%s, %s)", (channel, payload))


class Db:
    def __init__(self, pool: "AsyncConnectionPool[_Lent]", dsn: str) -> None:
        self._pool = pool
        self._dsn = dsn

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """All of it or none of it; any exception rolls back. Raises Unavailable."""
        with _translated(self._dsn):
            async with self._pool.connection() as conn, conn.transaction():
                tx = Tx(conn)
                yield tx
                await tx.finish()

    async def rows(self, query: Query, **args: object) -> list[Row]:
        """One statement, which is a transaction by itself. Raises Unavailable."""
        with _translated(self._dsn):
            async with self._pool.connection() as conn:
                return await Tx(conn).rows(query, **args)

    async def listen(self, *channels: str) -> AsyncGenerator[str | None, None]:
        """Payloads as they come, for ever, on a connection of its own.

        None comes first, and again after each reconnection: from here on nothing is missed, but
        something may have been before, so look for yourself. Who leaves before the end closes it
        with `contextlib.aclosing`.
        """
        pause = 0.1
        while True:
            try:
                async with await _connect(self._dsn) as conn:
                    for channel in channels:
                        await conn.execute(SQL("LISTEN {}").format(Identifier(channel)))
                    yield None
                    pause = 0.1
                    async for payload in _payloads(conn):
                        yield payload
            except OperationalError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)


async def patiently(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Do it, and while the database is away again and again. Raises Unavailable after `seconds`."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await work()
        except Unavailable:
            if asyncio.get_running_loop().time() >= end:
                raise
            await asyncio.sleep(1.0)


@asynccontextmanager
async def open_db(dsn: str, *, size: int = 10) -> AsyncIterator[Db]:
    """At most `size` connections to `dsn`, opened as they are needed. Raises Unavailable."""
    with _translated(dsn):
        await (await _connect(dsn)).close()
    pool = AsyncConnectionPool(
        _with_options(dsn),
        connection_class=_Lent,
        kwargs={"autocommit": True},  # `Db.tx` says where a transaction begins and ends
        min_size=1,
        max_size=size,
        timeout=PATIENCE,
        max_idle=120,
        reconnect_timeout=PATIENCE,
        check=_check,
        open=False,
    )
    async with pool:
        yield Db(pool, dsn)


class _Lent(AsyncConnection[Any]):
    """`seen` is when it was known to live, by the monotonic clock."""

    seen: float = 0.0


async def _check(conn: _Lent) -> None:
    """Of a connection that the server closed there is something to read: its end. To look costs
    nothing, and to ask a round trip; so only one that was not used for a while is asked."""
    now = time.monotonic()
    if now - conn.seen > SILENT or _readable(conn.fileno()):
        await AsyncConnectionPool.check_connection(conn)
    conn.seen = now


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


async def _connect(dsn: str) -> AsyncConnection[Any]:
    return await AsyncConnection.connect(_with_options(dsn), autocommit=True)


async def _payloads(conn: AsyncConnection[Any]) -> AsyncIterator[str]:
    while True:
        async for note in conn.notifies(timeout=30):
            yield note.payload
        await conn.execute("SELECT 1")  # a quiet channel and a dead connection look the same


def _with_options(dsn: str) -> str:
    given = conninfo_to_dict(dsn)
    return make_conninfo(
        dsn,
        options=f"{_OPTIONS} {given.get('options') or ''}".strip(),
        connect_timeout=given.get("connect_timeout") or 5,
        application_name=given.get("application_name") or "kit",
    )


@contextmanager
def _translated(dsn: str) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as cause:
        raise Unavailable(
            f"the database at {place(dsn)} gave no connection within {PATIENCE:.0f} s: it is down"
            " or all its connections are busy; see that it runs, then try again"
        ) from cause
    except psycopg.ProgrammingError as cause:
        if cause.sqlstate is not None:
            raise
        raise Unavailable(
            f"the database address cannot be read: {_first(cause)}; write it as"
            " postgresql://user:password@host:5432/name"
        ) from None
    except (psycopg.OperationalError, psycopg.InternalError) as cause:
        if cause.sqlstate is not None and not cause.sqlstate.startswith(_SERVER):
            raise
        raise Unavailable(
            f"the database at {place(dsn)} cannot be used: {_first(cause)};"
            " see that it runs, then try again"
        ) from cause


def place(dsn: str) -> str:
    """Where a DSN points, without its secrets."""
    given = conninfo_to_dict(dsn)
    host = given.get("host") or given.get("hostaddr") or "localhost"
    port = f":{given['port']}" if given.get("port") else ""
    return f"{host}{port}/{given.get('dbname') or given.get('user') or ''}"


def password(dsn: str) -> str:
    """The password in a DSN; empty where there is none."""
    return str(conninfo_to_dict(dsn).get("password") or "")


def _first(cause: BaseException) -> str:
    return str(cause).strip().partition("\n")[0]

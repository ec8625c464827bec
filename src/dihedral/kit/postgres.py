"""An embedded PostgreSQL: one server for all processes that use one directory.

    data      the cluster                         lock   held while the server starts or stops
    run       its socket, if the path is short    users  a shared lock for each process using it
    password  of its only role, mode 0600         log    what the server says

Whoever leaves and can make its lock on `users` exclusive is the last, and stops the server. The
kernel drops the locks of a process that dies, so there are no counts to mend; a server that a
killed process leaves behind is found and used by the next one.
"""

import asyncio
import errno
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from dihedral.kit import cluster, postmaster
from dihedral.kit.db import Unavailable as Unavailable
from dihedral.kit.db import place
from dihedral.kit.filelock import FileLock
from dihedral.kit.owner import NoOwner, choose, give, let_through

OLDEST = 14
_PATIENCE = 150.0  # seconds to wait for another process that starts or stops the server
_LOOK = 1.0  # seconds between two looks whether the server lives

_log = logging.getLogger(__name__)


@asynccontextmanager
async def start(directory: Path) -> AsyncIterator[str]:
    """The DSN of the directory's server, which runs at least until the end. Raises Unavailable.

    If the server dies meanwhile, it is started again within about a second, at the same address.
    """
    server = Server(directory)
    await asyncio.to_thread(server.enter)
    watch = asyncio.create_task(_watch(server))
    try:
        yield server.dsn
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        await asyncio.to_thread(server.leave)


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """As `start`, for programs without an event loop; nobody watches the server."""
    server = Server(directory)
    server.enter()
    try:
        yield server.dsn
    finally:
        server.leave()


async def check(dsn: str) -> None:
    """Raises Unavailable unless the server is new enough and we may create in it."""
    query = (
        "SELECT current_setting('server_version_num')::int / 10000, current_schema(), current_user,"
        " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
    )
    try:
        async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=5) as conn:
            row = await (await conn.execute(query)).fetchone()
    except psycopg.Error as cause:
        text = str(cause).strip().partition("\n")[0]
        raise Unavailable(
            f"the database does not answer: {text}; see that it runs and that its address is right"
            " (postgresql://user:password@host:5432/name), then start again"
        ) from cause
    assert row is not None
    version, schema, role, may = row
    if version < OLDEST:
        raise Unavailable(
            f"the database at {place(dsn)} is PostgreSQL {version}, and {OLDEST} is the oldest that"
            " will do: use a newer server, or none to have one embedded"
        )
    if not may:
        raise Unavailable(
            f"{role} may not create tables in {place(dsn)}; let the database's owner run"
            f" `GRANT CREATE, USAGE ON SCHEMA {schema or 'public'} TO {role}`"
        )


class Server:
    """One process's hold on the server of a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.expanduser().resolve()
        self.data = self.directory / "data"
        self.dsn = ""
        self._users: FileLock | None = None

    def enter(self) -> None:
        with _spoken(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
            choose(self.data)  # whose it is, is said before anything is touched
            with self._alone():
                users = FileLock(self.directory / "users")
                users.shared()
                try:
                    self._up()
                except BaseException:
                    users.close()
                    raise
                self._users = users

    def leave(self) -> None:
        """Never raises: whoever leaves can do nothing about it."""
        users, self._users = self._users, None
        if users is None:
            return
        try:
            with _spoken(self.directory), self._alone():
                if users.alone():
                    postmaster.stop(self.data)
                    self._tidy()
        except Unavailable as fault:
            _log.error("the database was not stopped: %s", fault)
        finally:
            users.close()

    def mend(self) -> None:
        """Starts the server again if it died."""
        if postmaster.find(self.data) is None:
            with _spoken(self.directory), self._alone():
                if not self.data.exists():
                    raise Unavailable(
                        f"the database's directory {self.data} was taken away while it was in use:"
                        " put it back, or stop this program and start with an empty one"
                    )
                self._up()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self.directory / "lock")
        try:
            if not lock.alone(_PATIENCE):
                raise Unavailable(
                    f"another process has been starting or stopping the database in"
                    f" {self.directory} for {_PATIENCE:.0f} s; see `{self.directory / 'log'}`"
                )
            yield
        finally:
            lock.close()

    def _up(self) -> None:
        owner, found = choose(self.data), cluster.programs()
        for path in (self.data, found.bin / "postgres"):
            let_through(path, owner)
        if owner.other:
            give(self.directory, owner, 0o700)
        if not self.data.exists():
            cluster.make(self.directory, found, owner)
        cluster.fits(self.data, found)
        if postmaster.find(self.data) is None:
            cluster.launch(self.directory, found, owner)
        self.dsn = self._dsn()

    def _dsn(self) -> str:
        told = postmaster.read(self.data)
        assert told is not None
        return make_conninfo(
            host=told.socket or "127.0.0.1",
            port=told.port,
            user=cluster.ROLE,
            dbname="postgres",
            password=(self.directory / "password").read_text(),
        )

    def _tidy(self) -> None:
        """A socket directory outside ours goes with the server."""
        address = self.directory / "address"
        told = Path(address.read_text())
        if told.is_absolute() and told.parent != self.directory:
            with suppress(OSError):
                told.rmdir()


async def _watch(server: Server) -> None:
    told = ""
    while True:
        await asyncio.sleep(_LOOK)
        try:
            await asyncio.to_thread(server.mend)
            told = ""
        except Unavailable as fault:
            if str(fault) != told:
                _log.error("%s", fault)
            told = str(fault)


@contextmanager
def _spoken(directory: Path) -> Iterator[None]:
    """What the system refuses, as a message to act on."""
    try:
        yield
    except NoOwner as cause:
        raise Unavailable(str(cause)) from cause
    except OSError as cause:
        raise cluster.refusal(directory, os.strerror(cause.errno or errno.EIO)) from cause

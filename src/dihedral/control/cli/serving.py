"""The processes that stay: the server, with or without a worker in it, and the worker alone."""

import asyncio
import errno
import logging
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dihedral.control import discovery, front, tls
from dihedral.control.cli import screen
from dihedral.control.cli.failure import Failure
from dihedral.control.settings import Settings
from dihedral.kit import mainloop
from dihedral.kit.background import beside
from dihedral.kit.blob import Sealed
from dihedral.kit.db import Unavailable
from dihedral.kit.key import NoKey
from dihedral.kit.migrate import Broken
from dihedral.kit.owner import NoOwner

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from dihedral.control.wire import System

FAREWELL = 3  # seconds that open connections have when the server ends
IDLE, IDLE_PROXY = 5, 75  # seconds a connection may be idle; a proxy would end it before
CONNECTIONS = 1000  # at once; more are told to come back


def up(settings: Settings, worker: bool) -> None:
    """Until it is told to end. Raises Failure when it cannot begin."""
    known, files = front.front(settings), tls.pair(settings)
    context = tls.context(files) if files else None
    try:
        raise Failure(
            f"a server runs already for {settings.data}: {discovery.find(settings.data).url}"
        )
    except discovery.NotRunning:
        pass
    _logs(settings)
    with _listening(settings) as door, spoken():
        taken = replace(settings, port=door.getsockname()[1])
        mainloop.run(_up(_Site(taken, known, door, context), worker))


def work(settings: Settings) -> None:
    """Until it is told to end."""
    _logs(settings)
    with spoken():
        mainloop.run(_work(settings))


@dataclass(frozen=True, slots=True)
class _Site:
    """Where the server stands, before anything slow is started."""

    settings: Settings
    front: front.Front
    door: socket.socket
    tls: ssl.SSLContext | None

    @property
    def url(self) -> str:
        """How programs of this machine find it."""
        host, port = self.door.getsockname()[:2]
        everywhere = host in ("0.0.0.0", "::")  # noqa: S104
        if self.front.shared and (self.tls or not (everywhere or front.loopback(host))):
            return self.settings.public_url
        host = "127.0.0.1" if everywhere else host
        scheme = "https" if self.tls else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def _up(site: _Site, worker: bool) -> None:
    from dihedral.control import app, login, wire
    from dihedral.kit import log, mint
    from dihedral.ops.rules import scrub

    settings = site.settings
    async with AsyncExitStack() as stack:
        system = await stack.enter_async_context(wire.opened(settings))
        told = await stack.enter_async_context(_until_told())
        owner = mint.secret(login.OWNER)
        log.hide(scrub.known([owner]).hide)
        minded = system.mind
        built = app.build(system.ops, system.thinking, settings, owner, minded=minded)
        server = _server(site, built)
        files = tls.pair(settings)
        if site.tls and files:
            renewal = beside(tls.renew(site.tls, files), "renewal of the certificate")
            await stack.enter_async_context(renewal)
        site.door.listen()  # who reads the announcement at once waits a moment, and is let in
        announced = discovery.Server(site.url, owner, solo=site.front.solo)
        stack.enter_context(discovery.announced(settings.data, announced))
        await stack.enter_async_context(_beside(system, worker))
        # `_serve` leaves signals alone: those are ours, since the worker ends by them too
        serving = asyncio.create_task(server._serve(sockets=[site.door]))
        screen.note(f"dihedral is up at {site.url}; its data is in {settings.data}")
        await _welcome(system, settings.public_url or site.url)
        screen.note('try `dihedral ask "a private bucket for reports"`; Ctrl-C ends it')
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    screen.note("dihedral ends; runs go on when it is up again")


def _server(site: _Site, built: "Starlette") -> "uvicorn.Server":
    import uvicorn

    from dihedral.control import line

    context = site.tls
    config = uvicorn.Config(
        built,
        http=line.Line,
        ws="none",
        h11_max_incomplete_event_size=line.EVENT,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # `control.front` believes them, or not
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_PROXY if site.front.proxies else IDLE,
        timeout_graceful_shutdown=FAREWELL,
        ssl_context_factory=(lambda *_: context) if context else None,
    )
    return uvicorn.Server(config)


async def _welcome(system: "System", url: str) -> None:
    """As long as nobody has an account: how the first one is made."""
    from dihedral.control import address
    from dihedral.ops.work import links

    if made := await links.first(system.ops):
        screen.note("nobody has an account yet; the first administrator opens, within a day:")
        screen.note(f"  {address.welcome(url, made.secret)}")
        if not system.ops.self_approval:
            screen.note("nobody approves what they asked for; who works alone starts it with")
            screen.note("  DIHEDRAL_SELF_APPROVAL=1 dihedral up")


async def _work(settings: Settings) -> None:
    from dihedral.control import wire

    async with wire.opened(settings) as system, _until_told() as told:
        working = asyncio.create_task(system.work())
        screen.note("a worker is at work; Ctrl-C ends it")
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        await _ended(working)


@asynccontextmanager
async def _beside(system: "System", worker: bool) -> AsyncIterator[None]:
    """The worker, at work while the block runs."""
    working = asyncio.create_task(system.work()) if worker else None
    try:
        yield
    finally:
        if working:
            await _ended(working)


async def _ended(working: "asyncio.Task[None]") -> None:
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


@asynccontextmanager
async def _until_told() -> AsyncIterator["asyncio.Task[bool]"]:
    """A task that ends when the process is asked to: by Ctrl-C, or by whoever runs it."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    waiting = asyncio.create_task(asked.wait())
    try:
        yield waiting
    finally:
        waiting.cancel()


@contextmanager
def spoken() -> Iterator[None]:
    """What the kit says when it cannot begin already says what to do; it is no fault of ours."""
    try:
        yield
    except (Unavailable, Broken, NoKey, Sealed, NoOwner) as cause:
        raise Failure(str(cause)) from cause


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The door, before anything slow is started. Raises Failure when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((settings.host, settings.port))
        except OSError as cause:
            if cause.errno != errno.EADDRINUSE:
                raise Failure(
                    f"cannot listen on {settings.host}:{settings.port}: {cause}"
                ) from None
            raise Failure(
                f"port {settings.port} is taken by another program; use another:"
                " `dihedral up --port 0` takes any that is free"
            ) from None
        yield door


def _logs(settings: Settings) -> None:
    from dihedral.kit import log

    log.setup(settings.log_format, settings.log_level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)

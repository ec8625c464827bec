"""A provider on a gRPC server: bytes in, bytes out, one engine for each connection that asks."""

import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc

from dihedral.simulator.protocol import NAMES, path_of

Method = Callable[[bytes], bytes]
PEERS = 500  # connections of one opening that are remembered; a command makes a few
THREADS = 64  # started as needed; a slow scenario holds one for as long as it lasts
OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
]
GO_PLUGIN = {  # what go-plugin asks of every plugin, besides its own service
    "/plugin.GRPCStdio/StreamStdio": "_no_stream",
    "/plugin.GRPCBroker/StartStream": "_no_broker",
    "/plugin.GRPCController/Shutdown": "_shutdown",
    "/grpc.health.v1.Health/Check": "_healthy",
}


@dataclass(slots=True)
class Connections:
    """An `Rpc` for each peer, made when it first asks: the aliases of a provider share one server,
    and each has a region of its own."""

    make: Callable[[], object]
    apart: bool  # over a unix socket peers cannot be told apart, and need not be
    _rpcs: dict[str, object] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, peer: str) -> object:
        with self._lock:
            key = peer if self.apart else ""
            if key not in self._rpcs:
                if len(self._rpcs) >= PEERS:
                    del self._rpcs[next(iter(self._rpcs))]  # the oldest: long gone
                self._rpcs[key] = self.make()
            return self._rpcs[key]


class Service(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs only
    def __init__(self, protocol: int, peers: Connections, stop: Callable[[], None]) -> None:
        self._methods = {path_of(protocol, n): m for n, m in NAMES[protocol].items()}
        self._peers = peers
        self._stop = stop

    def service(self, handler_call_details: Any) -> Any:
        """The handler for a method; None says that there is none."""
        path = handler_call_details.method
        if path in self._methods:
            return grpc.unary_unary_rpc_method_handler(self._unary(self._methods[path]))
        return getattr(self, GO_PLUGIN[path])() if path in GO_PLUGIN else None

    def _unary(self, name: str) -> Callable[[bytes, Any], bytes]:
        def handle(request: bytes, context: Any) -> bytes:
            method: Method = getattr(self._peers.of(context.peer()), name)
            try:
                return method(request)
            except ConnectionAbortedError:
                raise  # a crash that a scenario asked for: nobody is left to answer
            except Exception as cause:  # whatever it is, Terraform must hear of it
                traceback.print_exc()
                context.abort(grpc.StatusCode.INTERNAL, f"the simulator failed: {cause!r}")
                raise

        return handle

    def _no_stream(self) -> Any:
        """Ended at once: an open stream would pin a thread for each connection."""

        def none(request: bytes, context: Any) -> Iterator[bytes]:
            return iter(())

        return grpc.unary_stream_rpc_method_handler(none)

    def _no_broker(self) -> Any:
        def none(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
            for _ in requests:
                pass
            return iter(())

        return grpc.stream_stream_rpc_method_handler(none)

    def _shutdown(self) -> Any:
        def shutdown(request: bytes, context: Any) -> bytes:
            self._stop()
            return b""

        return grpc.unary_unary_rpc_method_handler(shutdown)

    def _healthy(self) -> Any:
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x01")


def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="rpc")


def server(service: Service, threads: ThreadPoolExecutor) -> grpc.Server:
    return grpc.server(threads, handlers=[service], options=OPTIONS)

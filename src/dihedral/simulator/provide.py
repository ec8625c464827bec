"""One provider, started by Terraform: the handshake, then gRPC until Terraform says goodbye.

Shape   go-plugin reads exactly one line from stdout, and it must be the first:
        1|PROTOCOL|unix|SOCKET|grpc|CERTIFICATE. Everything else that is said goes to stderr.
Source  github.com/hashicorp/go-plugin, docs/guide-plugin-write-non-go.md
"""

import base64
import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc

from dihedral.simulator import scenario
from dihedral.simulator.home import Home
from dihedral.simulator.server import Connections, Service, pool, server
from dihedral.simulator.store import Store
from dihedral.simulator.weather import Weather
from dihedral.simulator.world import World

COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
CRASHED = 137
ORPHAN_SECONDS = 2.0  # how often to look whether Terraform still lives


def provide(home: Home, address: str, environment: Mapping[str, str]) -> int:
    """Serves until told to stop, then ends the process. Returns only when it did not start."""
    if environment.get("TF_PLUGIN_MAGIC_COOKIE") != COOKIE:
        print(
            "This is a Terraform provider that simulates another; Terraform starts it.\n"
            "Set it up with: python -m dihedral.simulator install DIR",
            file=sys.stderr,
        )
        return 1
    try:
        store = home.store(address)
        weather = Weather(scenario.read(environment.get("DIHEDRAL_SCENARIO", "")), World(), _crash)
    except (ValueError, LookupError, OSError) as cause:
        print(f"dihedral.simulator: {cause}", file=sys.stderr)
        return 1
    stop = threading.Event()
    service = Service(store.protocol, Connections(_maker(store, weather), apart=False), stop.set)
    one = server(service, pool())
    with tempfile.TemporaryDirectory(prefix="tf-", ignore_cleanup_errors=True) as folder:
        _greet(one, Path(folder) / "s", store.protocol, home, environment)
        _wait(stop)
        one.stop(0.01).wait(0.5)  # long enough for the answer to Shutdown to leave
        with contextlib.suppress(FileNotFoundError):
            os.unlink(Path(folder) / "s")
    sys.stdout.flush()
    os._exit(0)  # gRPC's threads would take their time


def _maker(store: Store, weather: Weather) -> Callable[[], object]:
    """Loads what answers when the first request comes: Terraform is greeted before."""
    sparing = os.environ.get("DIHEDRAL_SIMULATOR_SEND") == "mentioned"

    def make() -> object:
        from dihedral.simulator.dialect import dialect_of
        from dihedral.simulator.engine import Engine
        from dihedral.simulator.rpc import Rpc
        from dihedral.simulator.scan import mentions

        def schema() -> bytes:
            return store.response(mentions(Path.cwd(), beyond=True).words if sparing else None)

        return Rpc(Engine(store, weather, dialect_of(store.address)), schema)

    return make


def _greet(
    one: grpc.Server, socket: Path, protocol: int, home: Home, environment: Mapping[str, str]
) -> None:
    certificate = b""
    if environment.get("PLUGIN_CLIENT_CERT"):
        from dihedral.simulator.certificate import certified

        # The client's own certificate is not asked for: it is signed with P-521, which gRPC's TLS
        # does not take. The socket lies in a directory that only this user can open.
        mine = certified(home.path / "tls.json")
        certificate = mine.der
        one.add_secure_port(f"unix:{socket}", grpc.ssl_server_credentials([(mine.key, mine.pem)]))
    else:
        one.add_insecure_port(f"unix:{socket}")
    one.start()
    coded = base64.b64encode(certificate).decode().rstrip("=")
    sys.stdout.write(f"1|{protocol}|unix|{socket}|grpc|{coded}\n")
    sys.stdout.flush()


def _wait(stop: threading.Event) -> None:
    """Until Terraform says stop, or is gone without a word."""
    parent = os.getppid()
    while not stop.wait(ORPHAN_SECONDS):
        if os.getppid() != parent:
            return


def _crash() -> None:
    os._exit(CRASHED)

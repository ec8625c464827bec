"""Kept running: providers that wait for Terraform on 127.0.0.1, a world for each opening."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from dihedral.simulator.dialect import dialect_of
from dihedral.simulator.engine import Engine
from dihedral.simulator.home import HOST, Home, level
from dihedral.simulator.rpc import Rpc
from dihedral.simulator.scan import Mentions, mentions
from dihedral.simulator.scenario import Scenario
from dihedral.simulator.server import Connections, Service, pool, server
from dihedral.simulator.store import Store
from dihedral.simulator.weather import Weather
from dihedral.simulator.world import World

OPENTOFU = "registry.opentofu.org"
STRENGTH = ("schema", "rough", "modelled")  # a name may be a resource and a data source


@dataclass(slots=True)
class Opening:
    """One run's providers. A crash of one takes down all of the opening, and nothing else."""

    directory: Path
    weather: Weather
    servers: list[grpc.Server] = field(default_factory=list)

    def close(self) -> None:
        for one in self.servers:
            one.stop(None)


@dataclass(slots=True)
class Host:
    home: Home
    threads: ThreadPoolExecutor = field(default_factory=pool)
    openings: dict[str, Opening] = field(default_factory=dict)

    def open(self, name: str, directory: Path, scenario: Scenario) -> dict[str, Any]:
        """The answer to an opening. Raises ValueError when it cannot be opened."""
        if name in self.openings:
            raise ValueError(f"{name} is open already; close it first")
        if not directory.is_dir():
            raise ValueError(f"{directory} is not a directory")
        opening = Opening(directory, Weather(scenario, World(), lambda: self._crash(name)))
        seen = mentions(directory)
        reattach: dict[str, Any] = {}
        known: dict[str, str] = {}
        for address in self.home.known():
            store = self.home.store(address)
            found = _known(store, seen)
            if found or not seen.whole or _named(address, seen):
                port = self._serve(opening, store)
                known.update(found)
                reattach.update(_reattach(address, store.protocol, port))
        self.openings[name] = opening
        return {"opened": name, "reattach": reattach, "known": dict(sorted(known.items()))}

    def close(self, name: str) -> dict[str, Any]:
        """Raises ValueError when nothing of that name is open."""
        if name not in self.openings:
            raise ValueError(f"{name} is not open")
        self.openings.pop(name).close()
        return {"closed": name}

    def end(self) -> None:
        for name in list(self.openings):
            self.close(name)

    def _serve(self, opening: Opening, store: Store) -> int:
        dialect = dialect_of(store.address)

        def make() -> Rpc:
            engine = Engine(store, opening.weather, dialect)
            return Rpc(engine, lambda: store.response(mentions(opening.directory).words))

        service = Service(store.protocol, Connections(make, apart=True), lambda: None)
        one = server(service, self.threads)
        port = one.add_insecure_port("127.0.0.1:0")
        one.start()
        opening.servers.append(one)
        return port

    def _crash(self, name: str) -> None:
        """Cuts every connection of an opening, as a provider that dies does."""
        if name in self.openings:
            self.openings[name].close()
        raise ConnectionAbortedError(f"{name} crashed, as its scenario says")


def _known(store: Store, seen: Mentions) -> dict[str, str]:
    out: dict[str, str] = {}
    for kind in ("resource", "data", "ephemeral"):
        for name in store.names(kind) & seen.words:
            found = level(store, kind, name)
            out[name] = max(found, out.get(name, "schema"), key=STRENGTH.index)
    return out


def _named(address: str, seen: Mentions) -> bool:
    """Whether a `source` or a state names the provider, with its host or without."""
    short = address.removeprefix(HOST + "/")
    return bool({address, short, f"{OPENTOFU}/{short}"} & seen.sources)


def _reattach(address: str, protocol: int, port: int) -> dict[str, Any]:
    """The entry of TF_REATTACH_PROVIDERS; OpenTofu knows the same provider by another host."""
    entry = {
        "Protocol": "grpc",
        "ProtocolVersion": protocol,
        "Pid": os.getpid(),
        "Test": True,  # Terraform does not end what it did not start
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    host, _, rest = address.partition("/")
    return {address: entry} | ({f"{OPENTOFU}/{rest}": entry} if host == HOST else {})

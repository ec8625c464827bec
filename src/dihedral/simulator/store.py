"""One provider, read from its built file: the response to send, and each type when it is needed."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from dihedral.simulator.build import MAGIC, Index
from dihedral.simulator.facts import NO_FACTS, Facts
from dihedral.simulator.schema import Schema


class Store:
    """Safe to share between threads: reading keeps no place in the file."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError when the file was written by another release, OSError when absent."""
        self._file = os.open(path, os.O_RDONLY)
        head = os.pread(self._file, len(MAGIC) + 8, 0)
        if not head.startswith(MAGIC):
            raise ValueError(f"{path} is not a simulator file of this release; remove it")
        size = int.from_bytes(head[len(MAGIC) :], "big")
        self.index = msgspec.msgpack.decode(os.pread(self._file, size, len(head)), type=Index)
        self._body = len(head) + size
        self._schemas: dict[str, Schema] = {}
        self._facts: dict[str, Facts] = {}
        self._names: dict[str, frozenset[str]] = {}

    @property
    def address(self) -> str:
        return self.index.address

    @property
    def protocol(self) -> int:
        return self.index.protocol

    def close(self) -> None:
        os.close(self._file)

    def names(self, kind: str) -> frozenset[str]:
        """The names of all types of a kind: resource, data or ephemeral."""
        if not self._names:
            keys = [key.partition(":") for key in self.index.types]
            self._names = {
                each: frozenset(name for found, _, name in keys if found == each)
                for each in ("resource", "data", "ephemeral")
            }
        return self._names[kind]

    def schema(self, kind: str, name: str = "") -> Schema:
        """Raises LookupError for a type that the provider does not have."""
        key = f"{kind}:{name}" if name else kind
        if key not in self._schemas:
            if key not in self.index.types:
                raise LookupError(f"{self.address} has no {kind} type {name}")
            self._schemas[key] = msgspec.json.decode(self._read(self.index.types[key]), type=Schema)
        return self._schemas[key]

    def facts(self, name: str) -> Facts:
        """The facts of a resource type; those of a type without any say that they are not known."""
        if name not in self._facts:
            span = self.index.facts.get(name)
            self._facts[name] = (
                msgspec.json.decode(self._read(span), type=Facts) if span else NO_FACTS
            )
        return self._facts[name]

    def response(self, mentioned: Iterable[str] | None = None) -> bytes:
        """GetProviderSchema's response, whole, or with empty stubs for what is not mentioned."""
        if mentioned is None:
            return self._read(self.index.whole)
        keys = ["head", "stubs", *self._keys(mentioned), "tail"]
        return b"".join(self._read(self.index.entries[key]) for key in keys)

    def _keys(self, mentioned: Iterable[str]) -> list[str]:
        kinds = ("resource", "data", "ephemeral")
        keys = (f"{kind}:{name}" for name in sorted(mentioned) for kind in kinds)
        return [key for key in keys if key in self.index.entries]

    def _read(self, span: tuple[int, int]) -> bytes:
        start, size = span
        return os.pread(self._file, size, self._body + start)

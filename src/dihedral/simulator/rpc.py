"""Terraform's plugin protocol: each request read, given to the engine, and its answer written.

Shape   a method takes and returns one message as bytes. Versions 5 and 6 differ in the names of
        some methods; the fields used here have the same numbers in both.
Source  developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from dihedral.simulator import cty, wire
from dihedral.simulator.cty import Value
from dihedral.simulator.engine import Engine, Result
from dihedral.simulator.weather import Trouble

ERROR, WARNING = 1, 2


@dataclass(frozen=True, slots=True)
class Rpc:
    """`schema` gives the schema response, which hangs on what the directory mentions by then."""

    engine: Engine
    schema: Callable[[], bytes]

    def get_schema(self, request: bytes) -> bytes:
        return self.schema()

    def prepare_provider(self, request: bytes) -> bytes:
        """Version 5 wants the configuration back, completed; ours has no defaults."""
        return wire.field(1, wire.read(request).bytes(1))

    def configure(self, request: bytes) -> bytes:
        return troubles(1, self.engine.configure(value(wire.read(request), 2)))

    def validate_resource(self, request: bytes) -> bytes:
        return self._validate("resource", request)

    def validate_data(self, request: bytes) -> bytes:
        return self._validate("data", request)

    def _validate(self, mode: str, request: bytes) -> bytes:
        asked = wire.read(request)
        return troubles(1, self.engine.validate(mode, asked.text(1), value(asked, 2)))

    def upgrade(self, request: bytes) -> bytes:
        asked = wire.read(request)
        return dynamic(1, self.engine.upgrade(asked.text(1), state(asked.message(3))))

    def read(self, request: bytes) -> bytes:
        asked = wire.read(request)
        result = self.engine.read(asked.text(1), value(asked, 2))
        return answer(result, 2) + wire.field(3, asked.bytes(3))

    def plan(self, request: bytes) -> bytes:
        asked = wire.read(request)
        values = (value(asked, 2), value(asked, 3), value(asked, 4))
        planned = self.engine.plan(asked.text(1), *values)
        return (
            dynamic(1, planned.value)
            + wire.each(2, (attribute_path((name,)) for name in planned.replaced))
            + wire.field(3, asked.bytes(5))
            + troubles(4, planned.troubles)
            + wire.integer(5, planned.legacy)
        )

    def apply(self, request: bytes) -> bytes:
        asked = wire.read(request)
        name = asked.text(1)
        result = self.engine.apply(name, value(asked, 2), value(asked, 3))
        legacy = wire.integer(4, self.engine.kind(name).legacy)
        return answer(result, 3) + wire.field(2, asked.bytes(5)) + legacy

    def import_state(self, request: bytes) -> bytes:
        asked = wire.read(request)
        name = asked.text(1)
        result = self.engine.imported(name, asked.text(2))
        if result.value is None:
            return troubles(2, result.troubles)
        imported = wire.field(1, name) + dynamic(2, result.value)
        return wire.field(1, imported) + troubles(2, result.troubles)

    def move(self, request: bytes) -> bytes:
        asked = wire.read(request)
        moved = self.engine.upgrade(asked.text(5), state(asked.message(4)))
        return dynamic(1, moved) + wire.field(3, asked.bytes(6))

    def read_data(self, request: bytes) -> bytes:
        asked = wire.read(request)
        return answer(self.engine.data(asked.text(1), value(asked, 2)), 2)

    def open_ephemeral(self, request: bytes) -> bytes:
        asked = wire.read(request)
        return dynamic(3, self.engine.opened(asked.text(1), value(asked, 2)))

    def call_function(self, request: bytes) -> bytes:
        asked = wire.read(request)
        arguments = [decoded(wire.read(one)) for one in asked.every(2)]
        try:
            return dynamic(1, self.engine.call(asked.text(1), arguments))
        except ValueError as cause:
            return wire.field(2, wire.text(1, str(cause)))

    def nothing(self, request: bytes) -> bytes:
        """Asked by some versions of Terraform; an empty answer says that there is none."""
        return b""


def decoded(raw: wire.Message) -> Value:
    """A dynamic value, which comes as MessagePack or, seldom, as JSON."""
    if raw.bytes(1):
        return cty.loads(raw.bytes(1))
    return msgspec.json.decode(raw.bytes(2)) if raw.bytes(2) else None


def value(message: wire.Message, number: int) -> Value:
    return decoded(message.message(number))


def state(raw: wire.Message) -> Value:
    return msgspec.json.decode(raw.bytes(1) or b"null")


def dynamic(number: int, what: Value) -> bytes:
    return wire.field(number, wire.field(1, cty.dumps(what)))


def answer(result: Result, number: int) -> bytes:
    """A value in field 1 and the diagnostics in `number`."""
    return dynamic(1, result.value) + troubles(number, result.troubles)


def troubles(number: int, found: Iterable[Trouble]) -> bytes:
    return wire.each(number, map(_diagnostic, found))


def _diagnostic(trouble: Trouble) -> bytes:
    return (
        wire.integer(1, ERROR if trouble.error else WARNING)
        + wire.text(2, trouble.summary)
        + wire.text(3, trouble.detail)
        + (wire.field(4, attribute_path(trouble.path)) if trouble.path else b"")
    )


def attribute_path(steps: Iterable[str]) -> bytes:
    return wire.each(1, (wire.field(1, step) for step in steps))

"""The wire format and Terraform's values: what goes out comes back."""

from typing import Any

import msgspec
import pytest
from google.protobuf import descriptor_pb2
from hypothesis import given
from hypothesis import strategies as st

from dihedral.simulator import cty, wire
from dihedral.simulator.cty import UNKNOWN, Unknown

REFINED = Unknown(12, b"\x81\x01\xc2")  # not null, as Terraform writes it


@given(st.integers(0, 2**64 - 1), st.binary(), st.text())
def test_fields_come_back(number: int, data: bytes, text: str) -> None:
    message = wire.read(wire.integer(1, number) + wire.field(2, data) + wire.text(300, text))
    assert (message.integer(1), message.bytes(2), message.text(300)) == (number, data, text)


@given(st.lists(st.binary(min_size=1)))
def test_a_repeated_field_keeps_its_order(values: list[bytes]) -> None:
    assert wire.read(wire.each(7, values)).every(7) == values


@given(st.binary(max_size=40))
def test_noise_is_a_message_or_a_value_error(noise: bytes) -> None:
    try:
        wire.read(noise)
    except ValueError as cause:
        assert str(cause)


@given(st.text(), st.integers(0, 2**31 - 1), st.booleans())
def test_the_protobuf_library_reads_it_alike(name: str, number: int, optional: bool) -> None:
    written = wire.text(1, name) + wire.integer(3, number) + wire.integer(17, optional)
    theirs = descriptor_pb2.FieldDescriptorProto.FromString(written)
    assert (theirs.name, theirs.number, theirs.proto3_optional) == (name, number, optional)
    ours = wire.read(theirs.SerializeToString())
    assert (ours.text(1), ours.integer(3), bool(ours.integer(17))) == (name, number, optional)


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.sampled_from([UNKNOWN, REFINED]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES)
def test_values_come_back_with_their_unknowns(value: Any) -> None:
    assert cty.loads(cty.dumps(value)) == value


def test_a_refined_unknown_keeps_its_bytes() -> None:
    raw = b"\xc7\x03\x0c\x81\x01\xc2"
    assert cty.unknown(cty.loads(raw)) and cty.dumps(cty.loads(raw)) == raw
    assert cty.dumps(UNKNOWN) == b"\xd4\x00\x00"


@given(st.lists(st.text(), unique=True), st.randoms())
def test_the_order_of_a_set_does_not_count(values: list[str], chance: Any) -> None:
    other = list(values)
    chance.shuffle(other)
    assert cty.same(values, other, ["set", "string"])
    assert cty.same(values, other, ["list", "string"]) == (values == other)


@pytest.mark.parametrize(
    ("value", "shape", "fit"),
    [
        ("5", "number", 5),
        ("5.5", "number", 5.5),
        (5, "string", "5"),
        (True, "string", "true"),
        ("false", "bool", False),
        ({"a": 1, "gone": 2}, ["object", {"a": "string", "new": "bool"}], {"a": "1", "new": None}),
        (["1", 2], ["set", "number"], [1, 2]),
        ({"k": "1"}, ["map", "number"], {"k": 1}),
        ("no list", ["list", "string"], None),
        ([1, True], ["tuple", ["string", "string"]], ["1", "true"]),
        ({"type": "string", "value": 1}, "dynamic", [b'"string"', "1"]),
        (None, ["list", "string"], None),
    ],
)
def test_a_state_is_made_to_fit_a_type(value: Any, shape: Any, fit: Any) -> None:
    assert cty.conform(value, shape) == fit


@given(
    st.recursive(
        st.sampled_from(["string", "number", "bool"]),
        lambda t: st.tuples(st.sampled_from(["list", "set", "map"]), t).map(list),
        max_leaves=4,
    )
)
def test_an_empty_value_fits_its_type(shape: Any) -> None:
    assert cty.conform(cty.empty(shape), shape) == cty.empty(shape)
    assert msgspec.json.encode(cty.empty(shape))

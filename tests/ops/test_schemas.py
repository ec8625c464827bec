"""A provider's schema as `terraform providers schema -json` tells it, read for a small model."""

import json

import pytest

from dihedral.domain.brief import Attribute
from dihedral.domain.errors import Invalid, NotFound
from dihedral.ops.rules import schemas

BLOCK = {
    "attributes": {
        "arn": {"type": "string", "computed": True},
        "tags": {"type": ["map", "string"], "optional": True},
        "name": {"type": "string", "required": True, "description": "Its\n  name."},
        "key": {"type": "string", "optional": True, "computed": True, "sensitive": True},
        "spec": {"type": ["object", {"a": "number", "b": ["list", "bool"]}], "optional": True},
        "deep": {
            "nested_type": {"nesting_mode": "list", "attributes": {"x": {"type": "number"}}},
            "optional": True,
        },
    },
    "block_types": {
        "rule": {
            "nesting_mode": "list",
            "min_items": 1,
            "max_items": 3,
            "block": {"attributes": {"id": {"type": "string", "required": True}}},
        }
    },
}
TOLD = {
    "format_version": "1.0",
    "provider_schemas": {
        "registry.terraform.io/hashicorp/aws": {
            "resource_schemas": {"aws_thing": {"version": 0, "block": BLOCK}},
            "data_source_schemas": {"aws_thing": {"block": {"attributes": {}}}},
        }
    },
}


def read() -> schemas.Schemas:
    return schemas.read(json.dumps(TOLD).encode(), "hashicorp/aws")


def test_names_tell_resource_types_from_data_sources() -> None:
    assert read().names == ("aws_thing", "data.aws_thing")


def test_what_must_be_given_comes_first_and_what_only_comes_back_last() -> None:
    found = schemas.of(read(), "hashicorp/aws", "aws_thing").attributes
    assert [a.path for a in found] == [
        *("name", "deep", "deep.x", "key", "spec", "tags", "arn", "rule", "rule.id"),
    ]
    by = {a.path: a for a in found}
    assert by["name"] == Attribute(
        path="name", of="string", required=True, computed=False, description="Its name."
    )
    assert (by["key"].computed, by["key"].sensitive, by["arn"].computed) == (False, True, True)
    assert by["spec"].of == "object(a=number, b=list(bool))"
    assert (by["rule"].of, by["rule"].required) == ("block (list, at most 3)", True)
    assert (by["deep"].of, by["tags"].of) == ("list of:", "map(string)")


def test_a_block_that_nests_itself_ends() -> None:
    block: dict[str, object] = {"attributes": {"x": {"type": "string"}}}
    for _ in range(30):
        block = {"block_types": {"in": {"block": block}}}
    told = {"provider_schemas": {"h/a/b": {"resource_schemas": {"t": {"block": block}}}}}
    found = schemas.of(schemas.read(json.dumps(told).encode(), "a/b"), "a/b", "t")
    assert len(found.attributes) == 7


@pytest.mark.parametrize("text", [b"", b"[]", b'{"provider_schemas": 1}', b"{}"])
def test_what_is_no_schema_is_said(text: bytes) -> None:
    with pytest.raises(Invalid):
        schemas.read(text, "hashicorp/aws")


def test_a_type_that_there_is_not_and_one_that_cannot_be_read() -> None:
    with pytest.raises(NotFound):
        schemas.of(read(), "hashicorp/aws", "data.aws_other")
    told = {"provider_schemas": {"x/a/b": {"resource_schemas": {"t": {"block": 5}}}}}
    with pytest.raises(Invalid, match="cannot be read"):
        schemas.of(schemas.read(json.dumps(told).encode(), "a/b"), "a/b", "t")

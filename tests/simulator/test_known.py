"""What the simulator knows out of the box, read whole."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dihedral.simulator import known, notation
from dihedral.simulator.verify import verify

Json = dict[str, Any]

# types of the framework, which no longer asks for an id, and what names them instead
NO_ID = {
    "aws_bedrock_guardrail": "guardrail_id",
    "aws_s3tables_table_bucket": "arn",
    "random_bytes": "base64",
}


@pytest.fixture(scope="module")
def aws() -> tuple[Json, Json]:
    return known.read("hashicorp/aws")


def test_it_knows_many_aws_types(aws: tuple[Json, Json]) -> None:
    schema, _ = aws
    assert len(schema["resource_schemas"]) >= 300
    assert len(schema["data_source_schemas"]) >= 60
    assert {"arn_build", "arn_parse", "trim_iam_role_path"} <= schema["functions"].keys()
    assert "user_agent" in schema["provider_meta"]["block"]["attributes"]
    assert "default_tags" in schema["provider"]["block"]["block_types"]


@pytest.mark.parametrize("provider", known.PROVIDERS)
def test_a_known_file_is_what_the_writer_would_write(provider: str) -> None:
    text = known.text(provider)
    stated = "".join(line + "\n" for line in text.splitlines() if line and not line.startswith("#"))
    assert notation.write(*notation.read(text)) == stated


@pytest.mark.parametrize("provider", known.PROVIDERS)
def test_facts_are_of_types_and_members_that_exist(provider: str) -> None:
    schema, facts = known.read(provider)
    resources = schema.get("resource_schemas", {})
    assert {name for name in facts if "." not in name} == resources.keys()
    for name, made in resources.items():
        names = _names(made["block"])
        said = facts[name]
        paths = {*said.get("fn", ()), *said.get("us", ()), *said.get("cb", ()), *said.get("df", ())}
        assert paths <= names, name
        assert said["k"] in notation.CONFIDENCE
        assert said["s"] in (0, 1)


def _names(block: Json, path: str = "") -> set[str]:
    inner = [(n, x["block"]) for n, x in block.get("block_types", {}).items()]
    own = {path + name for name in (*block.get("attributes", ()), *(n for n, _ in inner))}
    return own.union(*(_names(one, f"{path}{name}.") for name, one in inner))


@pytest.mark.parametrize("provider", known.PROVIDERS)
def test_every_attribute_is_stated_by_the_user_or_the_provider(provider: str) -> None:
    schema, _ = known.read(provider)
    for name, made in _attributes(schema):
        stated = (
            made.get("required", False),
            made.get("optional", False),
            made.get("computed", False),
        )
        assert stated in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1)), name
        assert not (made.get("write_only") and made.get("computed")), name


def _attributes(schema: Json) -> Iterator[tuple[str, Json]]:
    for section in ("resource_schemas", "data_source_schemas", "ephemeral_resource_schemas"):
        for name, made in schema.get(section, {}).items():
            yield from _of(made["block"], name)


def _of(block: Json, path: str) -> Iterator[tuple[str, Json]]:
    for name, made in block.get("attributes", {}).items():
        yield f"{path}.{name}", made
    for name, made in block.get("block_types", {}).items():
        yield from _of(made["block"], f"{path}.{name}")


@pytest.mark.parametrize("provider", known.PROVIDERS)
def test_what_the_provider_must_be_told_it_does_not_default(provider: str) -> None:
    schema, facts = known.read(provider)
    for name, made in schema.get("resource_schemas", {}).items():
        attributes = made["block"].get("attributes", {})
        for path in facts[name].get("df", {}):
            if path in attributes:
                assert attributes[path].get("optional") or attributes[path].get("computed"), path
                assert not attributes[path].get("required"), f"{name}.{path}"


@pytest.mark.parametrize("provider", known.PROVIDERS)
def test_every_resource_has_an_id_or_another_name(provider: str) -> None:
    schema, _ = known.read(provider)
    for name, made in schema.get("resource_schemas", {}).items():
        identity = made["block"]["attributes"][NO_ID.get(name, "id")]
        assert identity.get("computed"), name
        assert name not in NO_ID or "id" not in made["block"]["attributes"], name


@pytest.mark.parametrize("provider", known.PROVIDERS)
def test_a_default_has_the_type_of_its_attribute(provider: str) -> None:
    schema, facts = known.read(provider)
    of = {"string": (str,), "bool": (bool,), "number": (int, float)}
    for name, made in schema.get("resource_schemas", {}).items():
        shapes = dict(_attributes({"resource_schemas": {name: made}}))
        for path, value in facts[name].get("df", {}).items():
            assert type(value) in of[shapes[f"{name}.{path}"]["type"]], f"{name}.{path}"


def test_it_is_small_and_quick_to_read() -> None:
    text = known.text("hashicorp/aws")
    assert len(text.encode()) < 700_000
    before = time.process_time()
    notation.read(text)
    assert time.process_time() - before < 1.0  # some 50 ms on a quiet machine


def test_a_provider_that_did_not_come_along_is_named() -> None:
    with pytest.raises(LookupError, match="does not know hashicorp/nomad"):
        known.text("hashicorp/nomad")


def test_a_users_own_schema_is_held_against_ours(tmp_path: Path) -> None:
    schema, _ = known.read("hashicorp/random")
    same = {f"{known.HOST}/hashicorp/random": schema, "elsewhere/x/y": {}}
    assert list(verify(json.dumps({"provider_schemas": same}).encode())) == []
    pet = schema["resource_schemas"]["random_pet"]["block"]["attributes"]
    pet["length"] = {"type": "string", "required": True}
    del pet["prefix"], schema["resource_schemas"]["random_uuid"]
    assert list(verify(json.dumps({"provider_schemas": same}).encode())) == [
        "hashicorp/random resource random_pet.length: number either here, string required there",
        "hashicorp/random resource random_pet.prefix: string here, absent there",
        "hashicorp/random resource random_uuid: known here, absent there",
    ]


def test_a_file_that_is_no_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="terraform providers schema -json"):
        list(verify(b"[]"))

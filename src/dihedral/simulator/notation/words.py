"""The words of the notation, for both directions."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Schema: TypeAlias = dict[str, Any]
Facts: TypeAlias = dict[str, dict[str, Any]]

CONFIDENCE = ("modelled", "schema", "rough")
SECTIONS = {
    "resource": "resource_schemas",
    "data": "data_source_schemas",
    "ephemeral": "ephemeral_resource_schemas",
}
OWN = {"configuration": "provider", "meta": "provider_meta"}
ROLES: Mapping[str, tuple[str, ...]] = {
    "required": ("required",),
    "computed": ("computed",),
    "either": ("optional", "computed"),
}
FLAGS = {"sensitive": "sensitive", "write-only": "write_only", "deprecated": "deprecated"}
MARKS = {"new": "fn", "keeps": "us"}
RULES = {"conflicts": "cf", "one-of": "eo"}
MADE_WITH = ("sdk", "framework")

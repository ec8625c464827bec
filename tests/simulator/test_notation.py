"""The notation: what is written down comes back, and what is wrong is said with its line."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dihedral.simulator import notation

Json = dict[str, Any]

NAMES = st.sampled_from(["a", "b1", "name", "list", "new", "set_of", "type", "x-y"])
PRIMITIVES = st.sampled_from(["string", "number", "bool", "dynamic"])
ROLES = st.sampled_from([("required",), ("optional",), ("computed",), ("optional", "computed")])
FLAGS = st.sets(st.sampled_from(["sensitive", "write_only", "deprecated"]))
DEFAULTS = st.one_of(st.booleans(), st.integers(), st.text(max_size=12))
MODES = st.sampled_from(["single", "group", "list", "set", "map"])


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    plain = members.map(lambda found: ["object", found])
    return plain | members.map(lambda found: ["object", found, sorted(found)[:1]])


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    containers = st.tuples(st.sampled_from(["list", "set", "map"]), inner).map(list)
    tuples = st.lists(inner, max_size=3).map(lambda found: ["tuple", found])
    return containers | tuples | _objects(inner)


TYPES = st.recursive(PRIMITIVES, _wider, max_leaves=3)


@st.composite
def attributes(draw: st.DrawFn) -> Json:
    made: Json = dict.fromkeys((*draw(ROLES), *draw(FLAGS)), True)
    if draw(st.integers(0, 4)):
        return {"type": draw(TYPES), **made}
    mode = draw(st.sampled_from(["single", "list", "set", "map"]))
    inner = draw(st.dictionaries(NAMES, attributes(), min_size=1, max_size=2))
    return {"nested_type": {"attributes": inner, "nesting_mode": mode}, **made}


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> Json:
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    split = draw(st.integers(0, len(names))) if depth else len(names)
    out: Json = {"deprecated": True} if draw(st.booleans()) else {}
    if names[:split]:
        out["attributes"] = {name: draw(attributes()) for name in names[:split]}
    if names[split:]:
        out["block_types"] = {name: draw(_nested(depth)) for name in names[split:]}
    return out


def _nested(depth: int) -> st.SearchStrategy[Json]:
    bounds = st.dictionaries(st.sampled_from(["min_items", "max_items"]), st.integers(1, 9))
    inner = st.tuples(MODES, bounds, blocks(depth=depth - 1))
    return inner.map(lambda found: {"nesting_mode": found[0], **found[1], "block": found[2]})


def _paths(block: Json, path: str = "") -> dict[str, str]:
    out: dict[str, str] = {}
    for name, made in block.get("attributes", {}).items():
        out[path + name] = "nested" if "nested_type" in made else "attribute"
        out |= _paths(made.get("nested_type", {}), f"{path}{name}.")
    for name, made in block.get("block_types", {}).items():
        out[path + name] = "block"
        out |= _paths(made["block"], f"{path}{name}.")
    return out


@st.composite
def facts(draw: st.DrawFn, block: Json) -> Json:
    paths = _paths(block)
    plain = [path for path, what in paths.items() if what == "attribute"]
    top = [path for path in paths if "." not in path]

    def some(of: list[str]) -> list[str]:
        return sorted(draw(st.sets(st.sampled_from(of)))) if of else []

    said = {
        "fn": some(list(paths)),
        "us": some(list(paths)),
        "cb": some([path for path, what in paths.items() if what == "block"]),
        "df": {path: draw(DEFAULTS) for path in some(plain)},
        "cf": [top[:3]] if len(top) > 1 else [],
        "en": {path: ["a b", "c"] for path in some(top)},
    }
    made = {"s": draw(st.integers(0, 1)), "k": draw(st.sampled_from(notation.CONFIDENCE))}
    return made | {key: value for key, value in said.items() if value}


@st.composite
def providers(draw: st.DrawFn) -> tuple[Json, Json]:
    schema: Json = {"name": "registry.example/some/thing", "version": "1.2.3"}
    told: Json = {}
    schema["provider"] = {"version": 0, "block": draw(blocks())}
    for section, before in (("resource_schemas", ""), ("data_source_schemas", "data.")):
        made = draw(st.dictionaries(NAMES, blocks(), min_size=1, max_size=2))
        version = draw(st.integers(0, 3))
        schema[section] = {n: {"version": version, "block": block} for n, block in made.items()}
        told |= {before + n: draw(facts(block)) for n, block in made.items() if draw(st.booleans())}
    return schema, told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(providers())
def test_what_is_written_down_is_read_back(provider: tuple[Json, Json]) -> None:
    assert notation.read(notation.write(*provider)) == provider


def test_a_page_reads_as_the_schema_that_terraform_prints() -> None:
    schema, facts = notation.read(PAGE)
    block = schema["resource_schemas"]["cloud_disk"]["block"]
    assert block["attributes"]["size"] == {"type": "number", "optional": True, "computed": True}
    assert block["attributes"]["secret"] == {
        "type": "string",
        "optional": True,
        "sensitive": True,
        "write_only": True,
    }
    assert block["block_types"]["rule"]["max_items"] == 4
    assert schema["functions"]["join"]["variadic_parameter"] == {"name": "rest", "type": "string"}
    assert facts == {
        "cloud_disk": {
            "s": 0,
            "k": "rough",
            "cf": [["size", "image"]],
            "en": {"kind": ["hot", "cold"]},
            "fn": ["kind", "rule.port"],
            "df": {"kind": "hot", "rule.text": 'a = "b" =c'},
            "cb": ["rule"],
        },
        "data.cloud_disk": {"k": "schema"},
    }


PAGE = """\
# two types and a function
provider registry.example/some/cloud 3.2.1
configuration
  region string required
function join(separator:string,...rest:string) string
resource cloud_disk 2 sdk rough
  ! conflicts size image
  ! values kind ["hot", "cold"]
  kind string new ="hot"
  size number either
  image string
  secret string sensitive write-only
  rule: set 1..4 either
    port number required new
    text string ="a = \\"b\\" =c"

data cloud_disk schema
  size number computed
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resource a\n    deep string", "line 2: indented by 4 spaces"),
        ("resource a\n b string", "line 2: indented by 1 spaces"),
        ("  lonely string", "line 1: indented by 2 spaces"),
        ("resource a\n  b text", "'text' is no type"),
        ("resource a\n  b list(string", "a bracket is not closed"),
        ("resource a\n  b list(string)) required", "goes on after a whole type"),
        ("resource a\n  b string mandatory", "'mandatory' is no word for an attribute"),
        ("resource a\n  b: list maybe", "'maybe' is no word for a block"),
        ("resource a\n  b string =not", "line 2: cannot read 'b string =not'"),
        ("function f(a) string", "a colon and a type must follow"),
        ("function f string", "a function is written NAME(PARAM:TYPE) TYPE"),
        ("thing a", "cannot read 'thing a'"),
        ("resource a\n  ! never b c", "cannot read '! never b c'"),
    ],
)
def test_a_wrong_line_is_named(text: str, said: str) -> None:
    with pytest.raises(notation.NotationError) as caught:
        notation.read(text)
    assert said in str(caught.value)

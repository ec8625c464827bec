"""What a model gets wrong in a call, and what it is told so that it can mend it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from dihedral.domain.errors import Invalid
from dihedral.model.rules import arguments
from dihedral.model.rules.tool import Effect
from dihedral.model.work.tools import box, drafting, golden, runs

TAKES = {entry.name: entry.takes for entry in box.ENTRIES}
FILE = {"path": "main.tf", "content": "locals {}"}


@pytest.mark.parametrize(("tool", "given", "told"), [
    ("write_draft", {"files": [{"path": "main.tf"}]},
     "missing required field `content` - at `$.files[0]`"),
    ("write_draft", {"files": "main.tf"}, "Expected `array`, got `str`"),
    ("write_draft", {"files": {"main.tf": "x"}}, "Expected `array`, got `object`"),
    ("write_draft", {"files": [FILE], "text": "x"}, "unknown field `text`"),
    ("write_draft", {"files": [{**FILE, "mode": 1}]}, "unknown field `mode`"),
    ("write_draft", {"files": [{"path": 7, "content": ""}]}, "Expected `str`, got `int`"),
    ("write_draft", {"files": [FILE] * 61}, "length <= 60"),
    ("write_draft", {"files": [{"path": "a" * 500, "content": ""}]}, "length <= 400"),
    ("propose", {}, "missing required field `reason`"),
    ("propose", {"reason": ""}, "length >= 1"),
    ("propose", {"reason": ["a"]}, "Expected `str`, got `array`"),
    ("read_run", {"id": "run-1"}, "unknown field `id`"),
    ("read_run", {"run": None}, "missing required field `run`"),
    ("read_run", {"run": "run-1", "wait": "perhaps"}, "Expected `bool`, got `str`"),
    ("read_configuration", {"start": -1}, "`int` >= 0"),
    ("read_configuration", {"start": "soon"}, "Expected `int`, got `str`"),
    ("fill_blueprint", {"blueprint": "queue", "values": [1]}, "Expected `object`, got `array`"),
    ("fill_blueprint", {"blueprint": "queue", "values": {"a": {"b": 1}}}, "at `$.values[...]`"),
    ("ask_reflex", {"text": "x" * 4001}, "length <= 4000"),
])  # fmt: skip
def test_what_does_not_fit_is_told_with_what_does(
    tool: str, given: Mapping[str, Any], told: str
) -> None:
    with pytest.raises(Invalid) as caught:
        arguments.read(tool, TAKES[tool], given)
    said = str(caught.value)
    assert said.startswith(f"the arguments of {tool} do not fit: ")
    assert told in said
    assert f"It takes {arguments.signature(TAKES[tool])}; call it again" in said


def test_null_means_that_it_was_not_given() -> None:
    given = {"files": [FILE], "workspace": None, "delete": None}
    read = arguments.read("write_draft", drafting.Write, given)
    assert (read.workspace, read.delete, read.files[0].path) == ("", (), "main.tf")


def test_numbers_and_flags_as_text_are_read() -> None:
    assert arguments.read("read_run", runs.Read, {"run": "run-1", "wait": "true"}).wait is True
    assert arguments.read("read_draft", drafting.Look, {"start": "40"}).start == 40


def test_lists_and_objects_as_json_in_a_text_are_read() -> None:
    read = arguments.read("write_draft", drafting.Write, {"files": f"[{_json(FILE)}]"})
    assert read.files[0].content == "locals {}"
    filled = arguments.read("fill_blueprint", golden.Fill, {"blueprint": "q", "values": '{"a": 1}'})
    assert filled.values == {"a": 1}


def test_a_text_that_looks_like_json_stays_a_text() -> None:
    assert arguments.read("propose", drafting.Propose, {"reason": "[1]"}).reason == "[1]"


def test_a_hostile_argument_is_quoted_shortly() -> None:
    with pytest.raises(Invalid) as caught:
        arguments.read("read_run", runs.Read, {"x" * 100_000: 1})
    assert len(str(caught.value)) < 1000


def test_what_is_no_name_of_a_field_is_told_too() -> None:
    with pytest.raises(Invalid, match="do not fit"):
        arguments.read("read_run", runs.Read, {"": 1})


def test_every_schema_is_whole_and_closed() -> None:
    for tool in box.TOOLS.values():
        assert "$ref" not in repr(tool.parameters), tool.name
        assert tool.parameters["type"] == "object"
        assert tool.parameters["additionalProperties"] is False
        for name, part in tool.parameters["properties"].items():
            assert part.get("description") or name == "files", f"{tool.name}: {name}"


def test_every_tool_is_short_to_tell() -> None:
    """A small model has room for 8,000 tokens in all."""
    for tool in box.TOOLS.values():
        assert len(tool.description) < 240, tool.name
        assert len(repr(tool.parameters)) < 1500, tool.name


def test_only_what_others_see_is_proposed() -> None:
    seen = {name for name, tool in box.TOOLS.items() if tool.effect is Effect.PROPOSES}
    assert seen == {"plan_draft", "propose", "propose_blueprint", "escalate"}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

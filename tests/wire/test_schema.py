"""An answer that is held to a JSON schema."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dihedral.domain.model import Ability, Wire
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, endpoint, question
from tests.wire.script import Say, always
from tests.wire.server import playing

pytestmark = pytest.mark.anyio

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"blueprint": {"type": "string"}, "sure": {"type": "number"}},
    "required": ["blueprint", "sure"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("wire", [Wire.OPENAI, Wire.ANTHROPIC, Wire.BEDROCK, Wire.GOOGLE])
async def test_the_schema_reaches_the_provider_and_its_answer_us(wire: Wire) -> None:
    told = '{"blueprint": "queue", "sure": 0.5}'
    with playing(always(Say(text=told))) as server:
        at = endpoint(wire, server.url)
        at = replace(at, abilities=frozenset({Ability.SCHEMA}))
        async with Wires() as wires:
            asked = replace(question(), schema=SCHEMA)
            answer = await wires(wire).ask(at, SECRET, asked, None)
    assert json.loads(answer.message.text) == {"blueprint": "queue", "sure": 0.5}
    shown = server.asked[-1].schema
    assert shown is not None
    assert {key: value for key, value in shown.items() if key != "title"} == SCHEMA

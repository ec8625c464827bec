"""Evidence: signed, whole, and not to be altered; and lies that a signer could tell are seen."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dihedral.domain.errors import Invalid
from dihedral.kit import dsse
from dihedral.kit.dsse import Forged
from dihedral.ops.rules import proof
from dihedral.ops.work import pipeline
from tests.ops.conftest import ADA, World

pytestmark = pytest.mark.anyio
CONFIG = 'resource "terraform_data" "a" { input = "one" }\n'
Story = dict[str, Any]


async def bundle(world: World) -> bytes:
    run = await world.apply(CONFIG, origin={"text": "one, please", "models": []})
    return await pipeline.artefact(world.ops, ADA, run.id, "evidence")


async def story(world: World) -> Story:
    return dict(proof.read(dsse.open_(await bundle(world), world.ops.signer.public).payload))


async def test_evidence_tells_what_led_to_it_and_names_all_that_was_looked_at(
    world: World,
) -> None:
    told = await story(world)
    assert proof.faults(told) == []
    assert told["origin"]["text"] == "one, please"
    assert told["audit"]["seq"] > 0
    assert len(proof.digests(told)) >= 4
    assert told["signer"] == {
        "id": world.ops.signer.id,
        "ed25519": world.ops.signer.public.hex(),
    }


async def test_no_byte_of_a_bundle_can_be_changed(world: World) -> None:
    signed = await bundle(world)
    for at in range(0, len(signed), 7):
        forged = bytearray(signed)
        forged[at] ^= 1
        with pytest.raises(Forged):
            dsse.open_(bytes(forged), world.ops.signer.public)


def _other_effect(told: Story) -> None:
    told["artefacts"]["effect"] = "0" * 64


def _other_state(told: Story) -> None:
    told["approvals"][0]["base_state"] = "0" * 64


def _elsewhere(told: Story) -> None:
    told["approvals"][0]["workspace"] = "ws-other"


def _unused(told: Story) -> None:
    told["approvals"][0]["used_at"] = None


def _alone(told: Story) -> None:
    told["run"]["proposer"] = told["approvals"][0]["approver"]


def _two_needed(told: Story) -> None:
    told["run"]["approvers"] = 2


def _denied(told: Story) -> None:
    told["verdicts"][0]["ruling"] = "deny"


def _silent(told: Story) -> None:
    told["verdicts"] = []


def _unclaimed(told: Story) -> None:
    told["facts"] = [f for f in told["facts"] if f["fact"] != "approved"]


def _elsewise(told: Story) -> None:
    told["run"]["status"] = "discarded"


@pytest.mark.parametrize(
    "lie",
    [
        *(_other_effect, _other_state, _elsewhere, _unused, _alone, _two_needed, _denied),
        *(_silent, _unclaimed, _elsewise),
    ],
)
async def test_a_story_that_contradicts_itself_is_seen(
    world: World, lie: Callable[[Story], None]
) -> None:
    told = copy.deepcopy(await story(world))
    lie(told)
    assert proof.faults(told)


def test_what_is_no_evidence_says_so() -> None:
    for text in (b"", b"{}", b"[1]", b'{"format": "else"}'):
        with pytest.raises(Invalid, match="not evidence"):
            proof.read(text)
    with pytest.raises(Invalid, match="lacks a part"):
        proof.faults({"run": {}})

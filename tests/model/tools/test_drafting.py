"""A draft's whole way, as an agent takes it: written, found wrong, mended, planned, proposed."""

import pytest

from dihedral.domain.ids import RunId
from tests.model.tools.conftest import Bench

pytestmark = pytest.mark.anyio

GOOD = 'resource "terraform_data" "a" {\n  input = "one"\n}\n'
WRONG = 'resource "terraform_data" "a" {\n  inptu = "one"\n}\n'


def file(content: str, path: str = "main.tf") -> dict[str, str]:
    return {"path": path, "content": content}


async def test_a_draft_is_written_validated_proposed_and_read(bench: Bench) -> None:
    said = await bench.use("write_draft", files=[file(GOOD)])
    assert "Draft 1 for workspace shop" in said and "main.tf: new" in said
    assert "is valid" in await bench.use("validate_draft")
    said = await bench.use("propose", reason="One piece of data, since ada asked for it.")
    assert "It is proposed as run-" in said and "policy_checked" in said
    run = RunId(said.split("as ")[1].split(".")[0])
    found = await bench.world.see(run)
    assert (found.proposer, found.on_behalf_of) == ("agent:infrastructure", "ada")
    assert found.origin["conversation"] == "cv-1" and found.origin["draft"] == 1
    read = await bench.use("read_run", run=run)
    assert "terraform_data.a" in read and "person" in read
    assert len(read) < 6000


async def test_what_is_wrong_is_said_so_that_it_can_be_mended(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(WRONG)])
    said = await bench.use("validate_draft")
    assert "Draft 1 is not valid" in said and "main.tf:2" in said and "inptu" in said
    assert "2 tries are left" in said
    await bench.use("write_draft", files=[file(GOOD)])
    assert "Draft 2 is valid" in await bench.use("validate_draft")
    assert "It may be proposed" in await bench.use("plan_draft")
    listed = await bench.use("read_draft")
    assert "validated draft 1: failed" in listed and "planned draft 2: passed" in listed

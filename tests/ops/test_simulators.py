"""Keeping a simulator running: our own, and a small program that misbehaves on request."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from dihedral.domain.errors import Invalid, Upstream
from dihedral.ops.work.simulators import Simulator

pytestmark = pytest.mark.anyio
PROGRAM = """
import json, os, sys
with open(os.environ["HOME"] + "/starts", "a") as starts: print(os.getpid(), file=starts)
for line in sys.stdin:
    asked = json.loads(line)
    name = asked["open"]["id"] if "open" in asked else asked["close"]
    if name == "bad": answer = {"error": "no such scenario"}
    elif name == "mute": sys.exit("out of memory")
    elif name == "noise": print("not json", flush=True); continue
    elif "open" in asked:
        answer = {"opened": name, "reattach": {name: os.getpid()}, "known": {"t": "rough"}}
    else: answer = {"closed": name}
    print(json.dumps(answer), flush=True)
with open(os.environ["HOME"] + "/ended", "w") as ended: ended.write("x")
"""


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    made = Simulator(tmp_path, program=(sys.executable, "-c", PROGRAM))
    yield made
    await made.aclose()


def starts(simulator: Simulator) -> list[int]:
    return [int(pid) for pid in (simulator.home / "starts").read_text().split()]


async def test_it_starts_once_at_the_first_run_and_ends_with_us(simulator: Simulator) -> None:
    assert not (simulator.home / "starts").exists()
    for name in ("run-1", "run-2"):
        async with simulator.opened(name, simulator.home) as opening:
            assert json.loads(opening.reattach) == {name: starts(simulator)[0]}
            assert opening.known == {"t": "rough"}
    assert len(starts(simulator)) == 1
    await simulator.aclose()
    assert (simulator.home / "ended").exists()


async def test_many_runs_at_once_each_get_their_own_answer(simulator: Simulator) -> None:
    async def one(name: str) -> None:
        async with simulator.opened(name, simulator.home) as opening:
            await anyio.sleep(0.01)
            assert list(json.loads(opening.reattach)) == [name]

    async with anyio.create_task_group() as tasks:
        for n in range(20):
            tasks.start_soon(one, f"run-{n}")
    assert len(starts(simulator)) == 1


async def test_what_it_refuses_is_said_and_it_goes_on(simulator: Simulator) -> None:
    with pytest.raises(Invalid, match="the simulator says: no such scenario"):
        async with simulator.opened("bad", simulator.home):
            pass
    async with simulator.opened("good", simulator.home):
        pass
    assert len(starts(simulator)) == 1


@pytest.mark.parametrize(("name", "why"), [("mute", "out of memory"), ("noise", "stopped")])
async def test_when_it_fails_the_run_fails_and_the_next_one_meets_a_fresh_one(
    simulator: Simulator, name: str, why: str
) -> None:
    with pytest.raises(Upstream, match=why):
        async with simulator.opened(name, simulator.home):
            pass
    async with simulator.opened("next", simulator.home) as opening:
        assert json.loads(opening.reattach) == {"next": starts(simulator)[-1]}


async def test_one_that_died_between_runs_is_replaced_without_a_word(simulator: Simulator) -> None:
    async with simulator.opened("first", simulator.home):
        pass
    await _kill(simulator)
    async with simulator.opened("next", simulator.home):
        pass
    assert len(starts(simulator)) == 2


async def test_one_that_dies_in_mid_run_fails_that_run(simulator: Simulator) -> None:
    with pytest.raises(Upstream, match="a fresh one will be started"):
        async with simulator.opened("run-1", simulator.home):
            await _kill(simulator)
    with pytest.raises(Upstream, match="a fresh one will be started"):
        async with simulator.opened("run-2", simulator.home):
            await _kill(simulator)
            raise Invalid("the plan failed, since nobody answered")


async def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Upstream, match="cannot be started"):
        async with Simulator(tmp_path, program=("/no/such/program",)).opened("x", tmp_path):
            pass


async def _kill(simulator: Simulator) -> None:
    running = simulator._running
    assert running
    running.process.kill()
    await running.process.wait()

"""Running programs: a real shell, real signals, and an owner that is really killed."""

import os
import signal
import sys
import time
from pathlib import Path

import anyio
import pytest

from dihedral.kit import process
from dihedral.kit.process import Exit, Limits, Program, Stream

pytestmark = pytest.mark.anyio
QUICK = Limits(seconds=20, grace=0.5)
OWNER = """
import anyio, sys
from pathlib import Path
from dihedral.kit import process
lock, script = Path(sys.argv[1]), sys.argv[2]
program = process.Program(
    words=["/bin/sh", "-c", script], cwd=lock.parent, env={"PATH": "/usr/bin:/bin"}, lock=lock)
anyio.run(process.run, program, lambda stream, line: print(line, flush=True),
          process.Limits(seconds=60, grace=1))
"""


def sh(script: str, cwd: Path, **env: str) -> Program:
    words = ["/bin/sh", "-c", script]
    return Program(words=words, cwd=cwd, env={"PATH": "/usr/bin:/bin", **env}, lock=cwd / "lock")


async def told(
    script: str, cwd: Path, limits: Limits = QUICK, stop: anyio.Event | None = None
) -> tuple[Exit, list[str]]:
    lines: list[str] = []
    ended = await process.run(sh(script, cwd), lambda _, line: lines.append(line), limits, stop)
    return ended, lines


async def test_lines_come_in_order_while_it_runs_and_streams_stay_apart(tmp_path: Path) -> None:
    heard: list[tuple[Stream, str, float]] = []
    script = "echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three; exit 3"
    ended = await process.run(
        sh(script, tmp_path), lambda s, line: heard.append((s, line, time.monotonic())), QUICK
    )
    assert [(s, line) for s, line, _ in heard] == [
        (Stream.OUT, "one"),
        (Stream.ERR, "two"),
        (Stream.OUT, "three"),
    ]
    assert heard[2][2] - heard[0][2] > 0.3
    assert (ended.code, ended.stderr_tail, ended.interrupted) == (3, "two\n", False)


async def test_the_environment_is_what_is_passed_and_nothing_else(tmp_path: Path) -> None:
    os.environ["DIHEDRAL_TEST_SECRET"] = "hush"
    try:
        _, lines = await told("env", tmp_path)
    finally:
        del os.environ["DIHEDRAL_TEST_SECRET"]
    assert {line.split("=")[0] for line in lines} <= {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}


async def test_a_long_line_is_cut_and_too_much_output_is_left_out_but_read(tmp_path: Path) -> None:
    limits = Limits(seconds=20, line=5, output=100)
    ended, lines = await told("echo 123456789; yes | head -c 100000; echo end", tmp_path, limits)
    assert lines[0] == "12345…"
    assert lines[-1].startswith("… the rest is left out")
    assert (ended.code, ended.overflow) == (0, True)


async def test_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    _, lines = await told(r"printf 'a\377b\r\n'", tmp_path)
    assert lines == ["a�b"]


async def test_captured_output_is_whole_or_said_to_overflow(tmp_path: Path) -> None:
    ended, said = await process.capture(sh("printf 'a\nb'", tmp_path), QUICK)
    assert (ended.overflow, said) == (False, b"a\nb")
    small = Limits(seconds=20, output=10)
    ended, said = await process.capture(sh("echo 12345678901", tmp_path), small)
    assert (ended.overflow, ended.code) == (True, 0)


async def test_a_stop_interrupts_and_lets_it_finish(tmp_path: Path) -> None:
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_set_later, stop)
        script = 'trap "echo saved; exit 7" INT; echo ready; sleep 9 & wait'
        ended, lines = await told(script, tmp_path, QUICK, stop)
    assert lines == ["ready", "saved"]
    assert (ended.code, ended.interrupted, ended.killed) == (7, True, False)


async def test_what_ignores_the_interrupt_is_killed_with_its_children(tmp_path: Path) -> None:
    ended, _ = await told(
        'trap "" INT; sleep 60 & sleep 60', tmp_path, Limits(seconds=0.2, grace=0.3)
    )
    assert (ended.code, ended.timed_out, ended.killed) == (-signal.SIGKILL, True, True)
    assert ended.seconds < 3
    assert await process.gone(tmp_path / "lock", 1)


async def test_being_cancelled_interrupts_too(tmp_path: Path) -> None:
    with anyio.move_on_after(0.3):
        await told('trap "echo x > saved; exit" INT; sleep 9 & wait', tmp_path)
    assert (tmp_path / "saved").exists()
    assert not process.alive(tmp_path / "lock")


async def test_a_grandchild_left_behind_does_not_hold_us(tmp_path: Path) -> None:
    ended, lines = await told("sleep 60 & echo done", tmp_path)
    assert (ended.code, lines) == (0, ["done"])
    assert ended.seconds < 3
    assert await process.gone(tmp_path / "lock", 1)


async def test_a_program_that_is_not_there_is_an_oserror(tmp_path: Path) -> None:
    program = Program(words=["/no/such/program"], cwd=tmp_path, env={})
    with pytest.raises(FileNotFoundError):
        await process.run(program, lambda _, __: None, QUICK)


async def test_the_lock_tells_whether_it_lives(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not process.alive(lock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(told, "sleep 0.6", tmp_path)
        await anyio.sleep(0.3)
        assert process.alive(lock)
        assert not await process.gone(lock, 0.05)
        assert await process.gone(lock, 5)


async def test_when_the_owner_is_killed_the_program_is_interrupted_and_may_speak(
    tmp_path: Path,
) -> None:
    script = """
    trap 'i=0; while [ $i -lt 3000 ]; do echo "a line that nobody reads any more"; i=$((i+1)); done;
          echo x > saved; exit' INT
    echo ready; sleep 60 & wait"""
    await _kill_owner(tmp_path, script)
    assert await process.gone(tmp_path / "lock", 5)
    assert (tmp_path / "saved").exists()


async def test_when_the_owner_is_killed_what_ignores_the_interrupt_is_killed(
    tmp_path: Path,
) -> None:
    await _kill_owner(tmp_path, 'trap "" INT; echo ready; sleep 60 & sleep 60; sleep 60')
    assert process.alive(tmp_path / "lock")
    assert await process.gone(tmp_path / "lock", 5)


async def _kill_owner(tmp_path: Path, script: str) -> None:
    words = [sys.executable, "-c", OWNER, str(tmp_path / "lock"), script]
    async with await anyio.open_process(words, stderr=None) as owner:
        assert owner.stdout
        assert (await owner.stdout.receive()).startswith(b"ready")
        owner.kill()


async def _set_later(stop: anyio.Event) -> None:
    await anyio.sleep(0.3)
    stop.set()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc here")
async def test_who_takes_back_what_it_said_holds_nobody_up(tmp_path: Path) -> None:
    script = """
import os, threading
own = os.open("/proc/self/fd/1", os.O_RDONLY)
def take():
    while os.read(own, 64): pass
threading.Thread(target=take, daemon=True).start()
for _ in range(3000):
    os.write(1, b"x")
os.write(2, b"done\\n")
os._exit(3)
"""
    words = [sys.executable, "-I", "-S", "-c", script]
    program = Program(words=words, cwd=tmp_path, env={}, lock=tmp_path / "lock")
    ended, _ = await process.capture(program, QUICK)
    assert (ended.code, ended.stderr_tail.strip()) == (3, "done")

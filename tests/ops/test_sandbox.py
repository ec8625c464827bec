"""The sandbox, tried by programs that mean harm: each way of making one, as root and as nobody."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from dihedral.kit import beneath, process
from dihedral.kit.cage import order
from dihedral.kit.process import Limits
from dihedral.ops.work import sandbox
from tests.ops.cells import SMALL, USERS, WAYS, Cell, cell

pytestmark = pytest.mark.anyio
SECRET = "a secret of somebody else's"
MIB = sandbox.MIB


@pytest.fixture
def place(apart: Path) -> Path:
    """In a directory that anyone may pass."""
    for path in (apart, apart.parent):
        path.chmod(0o711)
    return apart


@pytest.fixture(params=[f"{way}, {user}" for way in WAYS for user in USERS])
def inside(request: pytest.FixtureRequest, place: Path) -> Cell:
    way, _, user = request.param.partition(", ")
    return cell(way, user, place)


@pytest.fixture(params=WAYS)
def ours(request: pytest.FixtureRequest, place: Path) -> Cell:
    return cell(request.param, "us", place)


TRY = """
import os, sys
def attempt(name, act):
    try:
        print(name, "DONE", act())
    except BaseException as cause:
        print(name, "failed", type(cause).__name__, cause)
"""


async def test_what_is_not_put_in_the_room_cannot_be_read(inside: Cell, place: Path) -> None:
    others = place / "other-run"
    others.mkdir(mode=0o755)
    (others / "terraform.tfstate").write_text(SECRET)
    (others / "terraform.tfstate").chmod(0o644)
    script = f"""{TRY}
for path in [{str(others / "terraform.tfstate")!r}, "/etc/shadow", "/root/.aws/credentials",
             "/etc/machine-id", "/home", "/var",
             "/sys/class/net", "/run"]:
    if os.path.isdir(path):
        attempt(path, lambda: os.listdir(path))
    else:
        attempt(path, lambda: open(path).read())
print("root", sorted(os.listdir("/")))
print("beside", os.listdir({str(place)!r}))
"""
    ended, said = await inside.run(script)
    assert ended.code == 0, ended.stderr_tail
    assert "DONE" not in said and SECRET not in said
    assert "beside ['home']" in said
    root = said.partition("root [")[2].partition("]")[0].replace("'", "").split(", ")
    known = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "etc"}
    top = {path.relative_to("/").parts[0] for path in (inside.home, Path(inside.python))}
    assert set(root) <= known | top | {"dev", "proc", "tmp"}


async def test_the_environment_is_what_was_allowed_and_nothing_more(ours: Cell) -> None:
    script = f"""{TRY}
print(sorted(os.environ))
for pid in filter(str.isdecimal, os.listdir("/proc")):
    attempt("pid " + pid, lambda: open("/proc/" + pid + "/environ").read())
"""
    ended, said = await ours.run(script)
    assert ended.code == 0, ended.stderr_tail
    assert said.startswith("['GIVEN', 'LC_CTYPE', 'PATH'")  # Python sets one of them itself
    assert "worker's secret" not in said
    assert "PYTEST_CURRENT_TEST" not in said
    assert 1 <= said.count("pid ") <= 3  # init, the program, and perhaps bubblewrap's own


async def test_what_the_launcher_waits_for_cannot_be_taken_from_it(inside: Cell) -> None:
    script = """
import os
mine = {os.readlink(f"/proc/self/fd/{n}") for n in (0, 1, 2)}
for pid in filter(str.isdecimal, os.listdir("/proc")):
    for name in os.listdir(f"/proc/{pid}/fd"):
        where = os.readlink(f"/proc/{pid}/fd/{name}") if pid != str(os.getpid()) else ""
        if where.startswith(("pipe:", "socket:")) and where not in mine:
            print(pid, name, where)
print("looked")
"""
    ended, said = await inside.run(script)
    assert ended.code == 0, ended.stderr_tail
    assert said == "looked\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "import os, time\nfor _ in range(30): os.mkdir('d' * 200); os.chdir('d' * 200)\n"
            "time.sleep(20)",
            "what it wrote cannot be measured (File name too long)",
        ),
        (
            "import os, time\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')\n"
            "for n in range(40): open(f'f{n}', 'wb').write(b'x' * 1_000_000)\ntime.sleep(20)",
            "it filled more than 24 MiB of disk",
        ),
        (
            "import os, time\nfor n in range(8_000): os.close(os.open(f'f{n}', os.O_CREAT))\n"
            "time.sleep(20)",
            "it filled more than 24 MiB of disk",
        ),
    ],
)
async def test_no_depth_and_no_emptiness_hides_what_is_written(
    ours: Cell, script: str, reason: str
) -> None:
    ended, _ = await ours.run(script)
    beneath.remove(ours.home)
    assert ended.code == order.ENDED and f"{order.SAID}{reason}" in ended.stderr_tail
    assert not ours.home.exists()


async def test_nothing_outside_can_be_written(inside: Cell, place: Path) -> None:
    (place / "other-run").mkdir(mode=0o777)
    paths = [
        *("/made", "/usr/made", "/etc/made", "/dev/made", "/proc/sys/kernel/core_pattern"),
        *("/proc/sysrq-trigger", str(place / "made"), str(place / "other-run" / "made")),
    ]
    script = f"""{TRY}
for path in {paths!r}:
    # opened only: should it succeed, the machine must not suffer for it
    attempt(path, lambda: os.open(path, os.O_WRONLY | (0 if "/proc" in path else os.O_CREAT)))
attempt("chmod", lambda: os.chmod("/usr/bin", 0o777))
open("mine", "w").write("y")
open("/tmp/mine", "w").write("y")
"""
    ended, said = await inside.run(script)
    assert ended.code == 0, ended.stderr_tail
    assert "DONE" not in said and said.count("failed") == len(paths) + 1
    assert (inside.home / "mine").read_text() == "y"


@pytest.fixture
def doors(place: Path) -> Iterator[tuple[int, str, str]]:
    """Somebody on this host who listens: a port, an abstract socket, one with a path."""
    port = socket.create_server(("127.0.0.1", 0))
    abstract, path = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    name = f"\0dihedral-{os.getpid()}"
    abstract.bind(name)
    path.bind(str(place / "door"))
    os.chmod(place / "door", 0o777)
    for one in (abstract, path):
        one.listen()
    yield port.getsockname()[1], name, str(place / "door")
    for one in (port, abstract, path):
        one.close()


async def test_nothing_of_the_network_can_be_reached(
    inside: Cell, doors: tuple[int, str, str]
) -> None:
    port, abstract, path = doors
    script = f"""{TRY}
import socket
def reach(family, where):
    with socket.socket(family) as one:
        one.settimeout(2)
        one.connect(where)
attempt("loopback", lambda: reach(socket.AF_INET, ("127.0.0.1", {port})))
attempt("metadata", lambda: reach(socket.AF_INET, ("169.254.169.254", 80)))
attempt("public", lambda: reach(socket.AF_INET, ("192.0.2.1", 443)))
attempt("abstract", lambda: reach(socket.AF_UNIX, {abstract!r}))
attempt("path", lambda: reach(socket.AF_UNIX, {path!r}))
attempt("host of the machine", lambda: socket.socket(40))  # vsock
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
"""
    ended, said = await inside.run(script)
    assert ended.code == 0, ended.stderr_tail
    assert "DONE" not in said and said.count("failed") == 8
    assert ended.seconds < 15


async def test_one_place_outside_is_reached_through_one_port(inside: Cell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            client, _ = server.accept()
            with client, client.makefile("rb") as said:
                client.sendall(b"%d bytes heard" % len(said.read()))

        script = f"""
import socket
with socket.create_connection(("127.0.0.1", {port})) as one:
    one.sendall(b"x" * 3_000_000)
    one.shutdown(socket.SHUT_WR)
    print(one.recv(100).decode())
try:
    socket.create_connection(("127.0.0.1", {port + 1}))
except OSError as cause:
    print(type(cause).__name__)
"""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, answer)
            ended, said = await inside.run(script, forwards={port: f"tcp:{port}"})
    assert (ended.code, said) == (0, "3000000 bytes heard\nConnectionRefusedError\n")


async def test_no_way_leads_further_into_the_kernel(inside: Cell) -> None:
    script = f"""{TRY}
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *words):
    if getattr(libc, name)(*words) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
attempt("unshare", lambda: call("unshare", 0x10000000))
attempt("clone", lambda: call("syscall", {56 if os.uname().machine == "x86_64" else 220},
                              0x10000000 | 17, 0, 0, 0, 0))
attempt("mount", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
attempt("umount", lambda: call("umount2", b"/proc", 2))
attempt("ptrace", lambda: call("ptrace", 16, 1, 0, 0))
attempt("memory that is nobody's", lambda: call("memfd_create", b"x", 0))
attempt("chroot", lambda: os.chroot("/tmp"))
attempt("setuid", lambda: os.setuid(0))
attempt("setgroups", lambda: os.setgroups([]))
for line in open("/proc/self/status"):
    if line.startswith(("Cap", "NoNewPrivs", "Seccomp:", "NSpid")):
        print(*line.split())
"""
    ended, said = await inside.run(script)
    assert ended.code == 0, ended.stderr_tail
    assert "DONE" not in said and said.count("failed") == 9
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"{name}: 0000000000000000" in said
    assert "NoNewPrivs: 1" in said and "Seccomp: 2" in said


HOGS = {
    "memory": ("blocks = []\nwhile True: blocks.append(b'x' * 4_000_000)", ""),
    "memory of many": (
        "import os, time\nfor _ in range(5): os.fork()\nblock = b'x' * 12_000_000\ntime.sleep(20)",
        "it used more than 96 MiB of memory",
    ),
    "memory that is shared": (
        "import mmap, time\nblock = mmap.mmap(-1, 200 << 20)\n"
        "for n in range(0, 200 << 20, 4096): block[n] = 1\ntime.sleep(20)",
        "it used more than 96 MiB of memory",
    ),
    "forks": (
        "import os, time\n"  # a bomb of 512 at most: should nothing stop it, this machine lives
        "try:\n    for _ in range(9): os.fork()\nexcept OSError: pass\ntime.sleep(20)",
        "it started more than 40 processes",
    ),
    "one file": (
        "with open('big', 'wb') as file:\n    while True: file.write(b'x' * 1_000_000)",
        "it filled more than 24 MiB of disk",
    ),
    "many files": (
        "import time\nfor n in range(40): open(f'f{n}', 'wb').write(b'x' * 1_000_000)\n"
        "time.sleep(20)",
        "it filled more than 24 MiB of disk",
    ),
    "files without a name": (
        "import os, time\nkept = []\n"
        "for n in range(40):\n    kept.append(open('f', 'wb')); os.unlink('f')\n"
        "    kept[-1].write(b'x' * 1_000_000); kept[-1].flush()\ntime.sleep(20)",
        "it filled more than 24 MiB of disk",
    ),
}


@pytest.mark.parametrize("hog", HOGS)
async def test_who_takes_too_much_is_ended_with_the_reason(ours: Cell, hog: str) -> None:
    script, reason = HOGS[hog]
    began = time.monotonic()
    ended, _ = await ours.run(script)
    assert ended.code != 0 and time.monotonic() - began < 15
    if reason:
        assert ended.code == order.ENDED
        assert f"{order.SAID}{reason}, so it was ended" in ended.stderr_tail
    else:
        assert "MemoryError" in ended.stderr_tail or order.SAID in ended.stderr_tail
    assert await process.gone(ours.lock, 3)


async def test_forks_end_before_they_are_many_whoever_we_are(inside: Cell) -> None:
    script = """
import os, resource, time
print(resource.getrlimit(resource.RLIMIT_NPROC), flush=True)
try:
    for _ in range(9): os.fork()
except OSError: pass
time.sleep(20)
"""
    ended, said = await inside.run(script)
    assert ended.code == order.ENDED and "it started more than 40 processes" in ended.stderr_tail
    assert said == "(104, 104)\n"
    assert await process.gone(inside.lock, 3)


async def test_open_files_and_memory_file_systems_are_bounded(inside: Cell) -> None:
    script = f"""{TRY}
kept = []
def many():
    while True: kept.append(open("/dev/null"))
attempt("files", many)
print(len(kept) < 64)
kept.clear()
def fill():
    with open("/tmp/big", "wb") as file:
        while True: file.write(b"x" * 100_000)
attempt("tmp", fill)
def root():
    with open("/big", "wb") as file: pass
attempt("root", root)
"""
    ended, said = await inside.run(script)
    assert ended.code == 0, ended.stderr_tail
    lines = said.splitlines()
    assert "Too many open files" in lines[0] and lines[1] == "True"
    assert "No space left" in lines[2] and "Read-only" in lines[3]


LEFTOVER = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3): os.close(fd)
        open("alive", "w").close()
        time.sleep(60)
    os._exit(0)
while not os.path.exists("alive"): time.sleep(0.01)
"""


async def test_nothing_outlives_the_program(inside: Cell) -> None:
    ended, _ = await inside.run(LEFTOVER)
    assert ended.code == 0 and ended.seconds < 10
    assert await process.gone(inside.lock, 2)


GENTLE = """
import signal, sys, time
def end(number, frame):
    print("ended in order", flush=True)
    time.sleep(0.3)
    sys.exit(7)
signal.signal(signal.SIGINT, end)
open("ready", "w").close()
while True: time.sleep(1)
"""


async def _until(path: Path) -> None:
    with anyio.fail_after(10):
        while not path.exists():  # noqa: ASYNC110 - another process makes it
            await anyio.sleep(0.01)


async def test_an_interrupt_reaches_the_program_and_it_ends_in_order(inside: Cell) -> None:
    stop = anyio.Event()

    async def later() -> None:
        await _until(inside.home / "ready")
        assert process.alive(inside.lock)
        stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(later)
        ended, said = await inside.run(GENTLE, stop=stop)
    assert (ended.code, ended.interrupted, ended.killed) == (7, True, False)
    assert said == "ended in order\n"
    assert await process.gone(inside.lock, 2)


async def test_who_does_not_heed_an_interrupt_is_killed_with_all_it_started(inside: Cell) -> None:
    deaf = LEFTOVER + "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"
    ended, _ = await inside.run(deaf, limits=Limits(seconds=1.5, grace=0.5))
    assert ended.timed_out and ended.killed and ended.code == -signal.SIGKILL
    assert await process.gone(inside.lock, 2)


async def test_the_cage_dies_with_its_launcher(inside: Cell) -> None:
    script = LEFTOVER + "time.sleep(60)"
    program = inside.program(script, inside.room())
    with inside.lock.open("a+b") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_SH)
        launcher = await anyio.open_process(
            list(program.words), env=program.env, cwd="/", pass_fds=[lock.fileno()]
        )
    await _until(inside.home / "alive")
    assert process.alive(inside.lock)
    launcher.kill()
    await launcher.wait()
    assert await process.gone(inside.lock, 2)
    await launcher.aclose()


async def test_how_a_program_ended_is_told_as_if_it_were_not_caged(inside: Cell) -> None:
    for script, code in (("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 15)", -15)):
        ended, _ = await inside.run(script)
        assert ended.code == code


async def test_a_cage_that_cannot_be_made_says_why(ours: Cell) -> None:
    room = ours.room()
    lost = sandbox.Mount(kind="ro", what="/nowhere", where="/x")
    from dataclasses import replace

    program = ours.program("pass", replace(room, mounts=(*room.mounts, lost)))
    ended, _ = await process.capture(program, Limits(seconds=20, grace=1))
    assert ended.code in (order.UNFIT, 1) and "nowhere" in ended.stderr_tail


def test_the_limits_of_a_cage_are_those_that_were_asked_for() -> None:
    words = ["--limit", "memory", "7", "--forward", "80", "tcp:81", "--ro", "/a", "/b", "--", "x"]
    parsed = order.parse(words)
    assert parsed.limits == {"memory": 7} and parsed.forwards == [(80, "tcp:81")]
    assert parsed.mounts == [("ro", "/a", "/b")] and parsed.words == ["x"]
    assert SMALL.memory == 96 * MIB
    with pytest.raises(ValueError, match="--what is not known"):
        order.parse(["--what", "1", "--", "x"])

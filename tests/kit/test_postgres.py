"""The embedded server: shared by processes, mended after crashes, clear about what it refuses."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dihedral.kit import cluster, owner, postgres, postmaster
from dihedral.kit.postgres import Unavailable

pytestmark = pytest.mark.anyio

USER = (
    "import sys, pathlib; from dihedral.kit import postgres\n"
    "with postgres.running(pathlib.Path(sys.argv[1])) as dsn:\n"
    "    print(dsn, flush=True); sys.stdin.readline()\n"
)


@pytest.fixture
def directory(apart: Path) -> Iterator[Path]:
    """A place for a cluster, whose server is stopped in the end whatever the test left."""
    yield apart / "pg"
    postmaster.stop(apart / "pg" / "data")


@contextmanager
def process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that uses the server, and has told its DSN to `dsn_of`."""
    words = [sys.executable, "-c", USER, str(directory)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as child:
        try:
            yield child
        finally:
            with suppress(OSError, ValueError):
                child.communicate("\n", timeout=20)


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)


@contextmanager
def sleeper(uid: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], user=uid) as child:
        yield child
        child.kill()


def dsn_of(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def one(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as conn:
        row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


async def test_a_cluster_is_durable_utf8_and_needs_its_password(directory: Path) -> None:
    async with postgres.start(directory) as dsn:
        await postgres.check(dsn)
        wants = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "TimeZone": "UTC"}
        assert {name: one(dsn, f"SHOW {name}") for name in wants} == wants
        assert (
            one(dsn, "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database")
            == "b C.UTF-8"
        )
        assert one(dsn, "SHOW server_encoding") == "UTF8"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(make_conninfo(dsn, password="guess"))
    assert postmaster.find(directory / "data") is None


async def test_the_last_of_two_processes_stops_the_server(directory: Path) -> None:
    with process(directory) as first, process(directory) as second:
        assert dsn_of(first) == (dsn := dsn_of(second))
        first.communicate("\n", timeout=20)
        assert one(dsn, "SELECT 1") == 1
        second.communicate("\n", timeout=20)
    assert postmaster.find(directory / "data") is None


async def test_processes_that_start_together_make_one_cluster(directory: Path) -> None:
    with process(directory) as a, process(directory) as b, process(directory) as c:
        assert len({dsn_of(child) for child in (a, b, c)}) == 1


async def test_a_killed_process_stops_nothing_for_the_other(directory: Path) -> None:
    with process(directory) as first, process(directory) as second:
        dsn_of(first)
        dsn = dsn_of(second)
        first.kill()
        first.wait()
        assert one(dsn, "SELECT 1") == 1
        second.communicate("\n", timeout=20)
    assert postmaster.find(directory / "data") is None


async def test_a_server_left_behind_is_used_and_then_stopped(directory: Path) -> None:
    with process(directory) as first:
        dsn = dsn_of(first)
        first.kill()
        first.wait()
    assert one(dsn, "SELECT 1") == 1
    async with postgres.start(directory) as again:
        assert again == dsn
    assert postmaster.find(directory / "data") is None


@asynccontextmanager
async def crashed(directory: Path) -> AsyncIterator[Path]:
    """A cluster whose server was killed, with its `postmaster.pid` still there."""
    async with postgres.start(directory) as dsn:
        one(dsn, "SELECT 1")
    pid_file = directory / "data" / "postmaster.pid"
    with process(directory) as child:
        dsn_of(child)
        text = pid_file.read_text()
        found = postmaster.find(directory / "data")
        assert found is not None
        child.kill()
        child.wait()
        os.kill(found.pid, signal.SIGKILL)
        while postmaster.find(directory / "data"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    pid_file.write_text(text)
    yield pid_file


async def test_a_stale_pid_file_after_kill_9_mends_itself(directory: Path) -> None:
    async with crashed(directory), postgres.start(directory) as dsn:
        assert one(dsn, "SELECT 1") == 1


async def test_a_stale_pid_file_whose_number_is_another_process_now(directory: Path) -> None:
    async with crashed(directory) as pid_file:
        with sleeper(owner.choose(directory / "data").uid) as other:
            _, _, rest = pid_file.read_text().partition("\n")
            pid_file.write_text(f"{other.pid}\n{rest}")
            async with postgres.start(directory) as dsn:
                assert one(dsn, "SELECT 1") == 1
            assert other.poll() is None


async def test_an_initdb_that_was_cut_short_is_done_again(directory: Path) -> None:
    (directory / "data.new").mkdir(parents=True)
    (directory / "data.new" / "PG_VERSION").write_text("18\n")
    async with postgres.start(directory) as dsn:
        assert one(dsn, "SELECT 1") == 1


async def test_a_path_too_long_for_a_socket_gets_a_short_one(apart: Path) -> None:
    directory = apart / ("long" * 30)
    async with postgres.start(directory) as dsn:
        host = str(conninfo_to_dict(dsn)["host"])
        assert len(host) < 60 and Path(host).stat().st_mode & 0o077 == 0
        assert one(dsn, "SELECT 1") == 1
    assert not Path(host).exists()
    async with postgres.start(directory) as dsn:
        assert one(dsn, "SELECT 1") == 1


async def test_where_there_can_be_no_socket_it_listens_on_loopback(directory: Path) -> None:
    async with postgres.start(directory):
        pass
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (directory / "address").write_text(str(port))
    async with postgres.start(directory) as dsn:
        assert (conninfo_to_dict(dsn)["host"], conninfo_to_dict(dsn)["port"]) == (
            "127.0.0.1",
            str(port),
        )
        assert one(dsn, "SHOW listen_addresses") == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo(dsn, password="guess"))


async def test_data_of_another_major_version_are_refused(directory: Path) -> None:
    async with postgres.start(directory):
        pass
    (directory / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(Unavailable, match=r"made by PostgreSQL 16, and this program brings 18.*"):
        async with postgres.start(directory):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")
async def test_data_of_another_user_are_refused(directory: Path) -> None:
    async with postgres.start(directory):
        pass
    os.chown(directory, 65534, 65534)
    for above in directory.parents:
        if not above.stat().st_mode & 1:
            above.chmod(0o755)
    code = USER.replace("\n", "; import os; os.setgid(65534); os.setuid(65534)\n", 1)
    done = run(sys.executable, "-c", code, directory)
    assert "belongs to user postgres, and this program runs as nobody" in done.stderr


async def test_a_file_in_the_way_is_a_clear_message(apart: Path) -> None:
    (apart / "file").touch()
    with pytest.raises(Unavailable, match=r"file/pg does not start: Not a directory"):
        async with postgres.start(apart / "file" / "pg"):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("size", ["30M", "62M"])
async def test_a_full_disk_is_a_clear_message(apart: Path, size: str) -> None:
    """At 30 MB the cluster cannot be made."""
    if run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", apart).returncode:
        pytest.skip("no mounts here")
    try:
        if size != "30M":
            async with postgres.start(apart / "pg"):
                pass
            with suppress(OSError), (apart / "fill").open("wb") as fill:
                while True:
                    fill.write(b"x" * 4096)
        with pytest.raises(Unavailable, match=r"the disk is full; free some space"):
            async with postgres.start(apart / "pg"):
                pass
    finally:
        postmaster.stop(apart / "pg" / "data")
        run("umount", apart)


async def test_data_that_are_taken_away_in_use_are_not_replaced_by_empty_ones(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with postgres.start(directory):
        postmaster.stop(directory / "data")
        (directory / "data").rename(directory / "elsewhere")
        await asyncio.sleep(2.5)
    assert [r.message.partition(":")[0] for r in caplog.records] == [
        f"the database's directory {directory / 'data'} was taken away while it was in use"
    ]
    assert not (directory / "data").exists()


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("host=127.0.0.1 port=1", "does not answer: .*refused; see that it runs"),
        ("postgresql://bo:secret@127.0.0.1:1/x", "does not answer"),
    ],
)
async def test_a_server_that_does_not_answer_is_a_clear_message(dsn: str, says: str) -> None:
    with pytest.raises(Unavailable, match=says) as fault:
        await postgres.check(dsn)
    assert "secret" not in str(fault.value)


async def test_a_role_that_may_not_create_is_told_the_grant(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("DROP ROLE IF EXISTS weak")
        conn.execute("CREATE ROLE weak LOGIN PASSWORD 'weak'")
    with pytest.raises(Unavailable, match="GRANT CREATE, USAGE ON SCHEMA public TO weak"):
        await postgres.check(make_conninfo(dsn, user="weak", password="weak"))


def test_a_second_start_is_quick(directory: Path) -> None:
    with postgres.running(directory):
        pass
    start = time.monotonic()
    with postgres.running(directory):
        took = time.monotonic() - start
    assert took < 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server a user")
def test_the_server_of_root_passes_private_directories_and_nobody_else_does(apart: Path) -> None:
    private = apart / "private"
    private.mkdir(mode=0o700)
    with postgres.running(private / "pg") as dsn:
        assert one(dsn, "SELECT 1") == 1
    done = subprocess.run(
        ["ls", str(private / "pg")], user=65534, extra_groups=[], capture_output=True, check=False
    )
    assert done.returncode != 0
    assert private.stat().st_mode & 0o007 == 0


def test_the_programs_are_the_newest_of_the_wheel() -> None:
    assert cluster.programs().major >= 18

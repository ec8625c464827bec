"""Bad input and bad luck, through the real commands and a real server: what is said, the exit
status, and that the server is well afterwards."""

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dihedral.domain.workspace import SCENARIO, Category
from dihedral.kit import keys, postgres, postmaster
from dihedral.kit.db import Db
from dihedral.ops.work import workspaces
from tests.conftest import fresh
from tests.ops.processes import (
    BO,
    PATIENCE,
    Process,
    data,
    office,
    queues,
    slow,
    started,
    worker,
)

ONE = data(one="one")
OPEN = {"DIHEDRAL_PROVIDERS": "acme/rocket", "DIHEDRAL_SELF_APPROVAL": "1"}
UP = ("up", "--port", "0")
ROCKET = """terraform {
  required_providers {
    rocket = { source = "acme/rocket" }
  }
}
resource "rocket_launch" "r" {}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running `dihedral up`, and its commands."""

    place: Path
    process: Process

    def does(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return dihedral(*words, place=self.place)

    def plans(self, directory: Path) -> "subprocess.CompletedProcess[str]":
        return self.does("plan", str(directory), "--workspace", "orders")

    def is_well(self, place: Path) -> None:
        """It plans a good directory as if nothing had been."""
        done = self.does("plan", str(made(place / "good", ONE)), "--workspace", "orders")
        assert (done.returncode, "planned_and_finished" in done.stdout) == (0, True), done.stderr
        assert self.process.child.poll() is None
        assert "Traceback" not in self.process.said()


def dihedral(*words: str, place: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "dihedral", *words],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**kept, "DIHEDRAL_DATA": str(place), **environ},
    )
    assert "Traceback" not in done.stderr
    assert "fault of Dihedral's own" not in done.stderr
    return done


def made(directory: Path, text: str | bytes) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "main.tf").write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory


@contextmanager
def up(place: Path, **environ: str) -> Iterator[Server]:
    with started(place, *UP, ready="is up at", **OPEN, **environ) as process:
        server = Server(place, process)
        done = server.does("workspace", "create", "orders", "--real")
        assert done.returncode == 0, done.stderr
        yield server


@pytest.fixture(scope="module")
def server(scratch: Path) -> Iterator[Server]:
    with up(scratch / "u") as found:
        yield found


def test_broken_hcl(server: Server, tmp_path: Path) -> None:
    done = server.plans(made(tmp_path / "x", 'resource "terraform_data" "a" {\n  input = \n'))
    assert done.returncode == 3
    assert (
        "main.tf:3: this cannot be read: something is opened here and never closed" in done.stdout
    )
    assert "mend its syntax; `terraform validate` says more" in done.stdout
    server.is_well(tmp_path)


def test_what_only_terraform_can_see(server: Server, tmp_path: Path) -> None:
    text = 'resource "terraform_data" "a" {\n  input = var.missing\n}\n'
    done = server.plans(made(tmp_path / "x", text))
    assert done.returncode == 1
    assert "Reference to undeclared input variable (main.tf:2)" in done.stdout
    assert "on main.tf line 2" in done.stderr


def test_a_provider_that_nobody_knows(server: Server, tmp_path: Path) -> None:
    done = server.does("plan", str(made(tmp_path / "rocket", ROCKET)))
    assert done.returncode == 1
    assert "Provider acme/rocket is not known to the simulator" in done.stdout, (
        done.stdout + done.stderr + server.process.said()
    )
    assert "Add it with `dihedral simulator add acme/rocket`" in done.stderr
    server.is_well(tmp_path)


def test_an_empty_directory(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    done = server.plans(tmp_path / "x")
    assert done.returncode == 1
    assert done.stderr == (
        f"{tmp_path / 'x'} cannot be sent: there is no file in it, or .terraformignore leaves out"
        " all of them; name the directory where the *.tf files are\n"
    )


def test_a_directory_that_is_not_there(server: Server, tmp_path: Path) -> None:
    done = server.plans(tmp_path / "x")
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path / 'x'} cannot be sent: No such file or directory\n"


def test_a_directory_without_terraform(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "readme.md").write_text("nothing here")
    done = server.plans(tmp_path / "x")
    assert done.returncode == 3
    assert "there is no Terraform configuration in the directory" in done.stdout
    assert "put at least one .tf file there" in done.stdout


def test_fifty_megabytes(server: Server, tmp_path: Path) -> None:
    with (made(tmp_path / "x", ONE) / "blob.bin").open("wb") as file:
        file.truncate(50 << 20)
    done = server.plans(tmp_path / "x")
    assert done.returncode == 1
    assert "50.0 MiB, more than the limit of 20.0 MiB" in done.stderr
    assert "blob.bin (50.0 MiB)" in done.stderr and ".terraformignore" in done.stderr


def test_a_link_out_of_the_directory(server: Server, tmp_path: Path) -> None:
    (made(tmp_path / "x", ONE) / "more.tf").symlink_to("/etc/passwd")
    done = server.plans(tmp_path / "x")
    assert done.returncode == 1
    said = "more.tf is a symbolic link out of the directory, to /etc/passwd; copy it in"
    assert said in done.stderr


def test_a_file_that_is_not_utf8(server: Server, tmp_path: Path) -> None:
    text = ONE.encode() + b"# caf\xe9\n"
    done = server.plans(made(tmp_path / "x", text))
    assert done.returncode == 3
    assert "main.tf:4: this is not UTF-8 text" in done.stdout
    assert "save the file as UTF-8" in done.stdout


def test_another_version_of_terraform(server: Server, tmp_path: Path) -> None:
    server.does("workspace", "create", "old", "--real", "--tool-version", "1.0.0")
    done = server.does("plan", str(made(tmp_path / "old", ONE)))
    assert done.returncode == 1
    assert "the workspace asks for Terraform 1.0.0, but here is only" in done.stdout
    assert "change the workspace's version" in done.stdout
    server.is_well(tmp_path)


def test_no_terraform(dsn: str, tmp_path: Path, apart: Path) -> None:
    parts = os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(part for part in parts if not (Path(part) / "terraform").exists())
    with up(apart, DATABASE_URL=dsn, PATH=path) as server:
        done = server.plans(made(tmp_path / "x", ONE))
        assert done.returncode == 1
        said = "Terraform is not on the PATH: install it so that `terraform version` works"
        assert said in done.stdout
        assert server.does("workspace", "show", "orders").returncode == 0


@pytest.fixture(scope="module")
def narrow(cluster: str, scratch: Path) -> Iterator[Server]:
    """A server whose runs work on a disk of a megabyte."""
    place = scratch / "n"
    with (
        fresh(cluster) as dsn,
        small_disk(place / "runs"),
        up(place, DATABASE_URL=dsn) as found,
    ):
        yield found


def test_a_full_disk(narrow: Server, tmp_path: Path) -> None:
    with filled(narrow.place / "runs", 0):
        done = narrow.plans(made(tmp_path / "x", ONE))
        assert done.returncode == 1
        assert "cannot be written: No space left on device; free some space" in done.stdout
        assert [path.name for path in (narrow.place / "runs").iterdir()] == ["filler"]
    narrow.is_well(tmp_path)


def test_a_file_that_the_system_does_not_let_grow(dsn: str, tmp_path: Path, apart: Path) -> None:
    """As a full disk, where nobody may mount one."""
    with up(apart, DATABASE_URL=dsn) as server:
        most = 64 << 10
        resource.prlimit(server.process.child.pid, resource.RLIMIT_FSIZE, (most, most))
        done = server.plans(made(tmp_path / "x", ONE + "# " + "x" * (100 << 10)))
        assert done.returncode == 1
        assert "cannot be written: File too large" in done.stdout
        server.is_well(tmp_path)


@pytest.mark.parametrize("words", [UP, ("worker",)])
def test_a_database_that_is_down_at_the_start(apart: Path, words: tuple[str, ...]) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/x"
    done = dihedral(*words, place=apart, DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith("the database does not answer: ")
    assert "see that it runs and that its address is right" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.anyio
async def test_a_lost_key(db: Db, dsn: str, apart: Path) -> None:
    async with db.tx() as tx:
        await keys.unlock(tx, None, apart / "key")
    (apart / "key").unlink()
    done = dihedral(*UP, place=apart, DATABASE_URL=dsn)
    assert done.returncode == 1
    assert "is gone" in done.stderr and "from your backup" in done.stderr


@pytest.mark.anyio
async def test_a_database_that_goes_away_while_something_is_applied(
    apart: Path,
) -> None:
    database = postgres.Server(apart / "pg")
    with running(database), worker(database.dsn, apart / "w", DIHEDRAL_HEARTBEAT="5s"):
        async with office(database.dsn) as people:
            space = await people.workspace("orders")
            await workspaces.set_variable(
                people.ops, BO, "orders", SCENARIO, slow(apply=0.8), category=Category.ENV
            )
            run = await people.propose(space, queues(5))
            await people.until(run, "policy_checked")
            await people.approve(run)
            await people.until(run, "applying")
            while not (before := [version.id for version in await people.states(space)]):  # noqa: ASYNC110 (a table has no event)
                await asyncio.sleep(0.1)
            await asyncio.to_thread(postmaster.stop, database.data)
            await asyncio.sleep(2.5)
            await asyncio.to_thread(database.mend)
            ended = await people.until(run, "applied", "errored")
            assert ended.status == "applied", ended.reason
            versions = await people.states(space)
            assert [v.id for v in versions[-len(before) :]] == before
            assert versions[0].resources == 5
            facts = await people.facts(run)
            assert facts[facts.index("approved") :] == ["approved", "claimed", "applied"]


def test_an_embedded_database_that_is_killed(server: Server, tmp_path: Path) -> None:
    """Last, since it shakes the server of the others."""
    found = postmaster.find(server.place / "postgres" / "data")
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while (done := server.does("workspace", "list")).returncode:
        assert "the database at" in done.stderr and "try again" in done.stderr
        assert time.monotonic() < end, done.stderr
    server.is_well(tmp_path)


@contextmanager
def running(database: postgres.Server) -> Iterator[None]:
    database.enter()
    try:
        yield
    finally:
        database.leave()


@contextmanager
def filled(place: Path, free: int) -> Iterator[None]:
    """The disk with no more than so many bytes free."""
    filler = place / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(place).free - free))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A disk of a megabyte; the test is skipped where we may not mount one."""
    place.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)

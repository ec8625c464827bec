"""Migrations: in order, once, whole, and never against a past that does not fit."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from dihedral.kit.db import Unavailable
from dihedral.kit.migrate import Broken, engine_steps, migrate

pytestmark = pytest.mark.anyio

Package = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Writes a package of migrations and answers its name."""
    monkeypatch.syspath_prepend(tmp_path)
    root = tmp_path / f"steps_{tmp_path.name}"
    root.mkdir()
    (root / "__init__.py").touch()

    def write(**texts: str) -> str:
        for old in root.glob("*.sql"):
            old.unlink()
        for name, text in texts.items():
            (root / f"{name.removeprefix('_')}.sql").write_text(text)
        return root.name

    yield write
    sys.modules.pop(root.name, None)


ONE = {"_0001_one": "CREATE TABLE one (n int);"}
TWO = {**ONE, "_0002_two": "CREATE TABLE two (n int); INSERT INTO two VALUES (2);"}


async def test_steps_run_once_and_in_order(empty_dsn: str, package: Package) -> None:
    assert await migrate(empty_dsn, package(**ONE)) == ["procrastinate/schema.sql", "0001_one.sql"]
    assert await migrate(empty_dsn, package(**TWO)) == ["0002_two.sql"]
    assert await migrate(empty_dsn, package(**TWO)) == []
    with psycopg.connect(empty_dsn) as conn:
        assert conn.execute("SELECT n FROM two").fetchall() == [(2,)]


async def test_a_step_that_fails_changes_nothing(empty_dsn: str, package: Package) -> None:
    broken = {**ONE, "_0002_two": "CREATE TABLE two (n int); SELECT nonsense;"}
    with pytest.raises(Broken, match=r"0002_two\.sql failed and changed nothing: .*nonsense"):
        await migrate(empty_dsn, package(**broken))
    with psycopg.connect(empty_dsn) as conn:
        assert conn.execute("SELECT to_regclass('one'), to_regclass('two')").fetchone() == (
            "one",
            None,
        )
    assert await migrate(empty_dsn, package(**TWO)) == ["0002_two.sql"]


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ({**TWO, "_0001_one": "CREATE TABLE other (n int);"}, r"0001_one\.sql has changed"),
        (ONE, r"the database is newer than this program: it has 0002_two\.sql"),
        ({"_0001_a": "SELECT 1", **TWO}, r"each number once; rename one of: 0001_a\.sql"),
        ({**TWO, "_3_c": "SELECT 1"}, r"are named NNNN_name\.sql"),
        ({**TWO, "_0000_zero": "SELECT 1"}, r"0000_zero\.sql comes before 0002_two\.sql"),
    ],
)
async def test_a_past_that_does_not_fit_is_refused(
    empty_dsn: str, package: Package, then: dict[str, str], says: str
) -> None:
    await migrate(empty_dsn, package(**TWO))
    with pytest.raises(Broken, match=says):
        await migrate(empty_dsn, package(**then))


async def test_line_ends_do_not_count_as_a_change(empty_dsn: str, package: Package) -> None:
    await migrate(empty_dsn, package(_0001_one="SELECT 1;\nSELECT 2;\n"))
    name = package()
    (Path(str(files(name))) / "0001_one.sql").write_bytes(b"SELECT 1;\r\nSELECT 2;\r\n")
    assert await migrate(empty_dsn, name) == []


async def test_of_processes_that_start_together_one_migrates(empty_dsn: str) -> None:
    code = (
        "import asyncio, sys; from dihedral.kit.migrate import migrate;"
        "print(len(asyncio.run(migrate(sys.argv[1], 'dihedral.schema'))))"
    )
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, empty_dsn), stdout=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    told = [int((await child.communicate())[0]) for child in children]
    assert sorted(told)[:3] == [0, 0, 0]
    assert max(told) > 1


async def test_who_waits_too_long_for_another_says_so(empty_dsn: str, package: Package) -> None:
    with psycopg.connect(empty_dsn) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (0x6D696772,))
        with pytest.raises(Unavailable, match=r"could not be migrated: .*lock timeout"):
            await migrate(empty_dsn, package(**ONE), patience=0.2)


async def test_an_older_queue_schema_gets_the_files_that_it_lacks(empty_dsn: str) -> None:
    """The library's own migrations, from its first to its last, as if it had been upgraded."""
    (fresh,) = engine_steps({})
    names = [name for name, _ in fresh.records]
    start = [n for n in names if n < "procrastinate/03.03"]
    folder = files("procrastinate") / "sql" / "migrations"
    with psycopg.connect(empty_dsn, autocommit=True) as conn:
        for name in start:
            conn.execute((folder / name.partition("/")[2]).read_bytes())
        conn.execute(
            "CREATE TABLE migration (name text PRIMARY KEY, sha256 text NOT NULL,"
            " source text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        )
        for name in start:
            conn.execute("INSERT INTO migration VALUES (%s, 'x', 'procrastinate 3.2')", (name,))
    applied = await migrate(empty_dsn, "dihedral.schema")
    assert [n for n in applied if "/" in n] == names[len(start) :]


async def test_a_newer_queue_schema_is_refused() -> None:
    with pytest.raises(Broken, match=r"newer than procrastinate 3.*99\.00\.00"):
        engine_steps({"procrastinate/schema.sql": "x", "procrastinate/99.00.00_01_new.sql": "x"})

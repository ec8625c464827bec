"""Migrations: plain SQL, forward only, applied under a lock at start.

A file `NNNN_name.sql` of a package runs once, in a transaction with its own record. The queue's
library brings a schema of its own: its `schema.sql` is what all its migrations make together, so
a fresh database takes that and records them all; a database made by an older release of the
library takes the files that it has not seen.
"""

import hashlib
import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import AsyncConnection

from dihedral.kit.db import Tx, Unavailable, place

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_LOCK = 0x6D696772  # "migr"
_TABLE = b"""
CREATE TABLE IF NOT EXISTS migration (
    name   text        PRIMARY KEY,
    sha256 text        NOT NULL,
    source text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT now()
)"""
_ENGINE = "procrastinate"


class Broken(Exception):
    """The schema of the database and the program do not fit together. Never worth a retry."""


@dataclass(frozen=True, slots=True)
class Step:
    """`records` are further names that are as good as applied once this step is."""

    name: str
    text: bytes
    source: str
    records: tuple[tuple[str, str], ...] = ()

    @property
    def sha256(self) -> str:
        return _digest(self.text)


async def migrate(dsn: str, package: str, *, patience: float = 60.0) -> list[str]:
    """Brings the database up to `package` and the queue's library; the names that it applied.

    `patience` is seconds to wait for another process that migrates. Raises Broken, Unavailable.
    """
    own = own_steps(package)
    try:
        async with await AsyncConnection.connect(dsn, autocommit=True, connect_timeout=5) as conn:
            await _lock(conn, patience)
            await conn.execute(_TABLE)
            applied = await _applied(conn)
            todo = [*engine_steps(applied), *own_todo(own, applied)]
            for step in todo:
                await _apply(conn, step)
    except psycopg.OperationalError as cause:
        raise Unavailable(
            f"the database at {place(dsn)} could not be migrated: {str(cause).strip()};"
            " see that it runs and that nothing holds its tables, then start again"
        ) from cause
    return [step.name for step in todo]


async def missing(tx: Tx, package: str) -> list[str]:
    """Those of the package that a database has not had. Raises Broken, Unavailable."""
    there = await tx.row("SELECT to_regclass('migration') IS NOT NULL AS is")
    rows = await tx.rows("SELECT name FROM migration") if there and there["is"] else []
    had = {row["name"] for row in rows}
    return [step.name for step in own_steps(package) if step.name not in had]


def own_steps(package: str) -> list[Step]:
    """The package's migrations in order. Raises Broken for a name that says no order."""
    found = sorted(f.name for f in files(package).iterdir() if f.name.endswith(".sql"))
    numbers = [m[1] for name in found if (m := _NAME.fullmatch(name))]
    if len(numbers) < len(found) or len(set(numbers)) < len(numbers):
        raise Broken(
            f"{package}: migrations are named NNNN_name.sql, each number once; rename one of:"
            f" {', '.join(found)}"
        )
    return [Step(name, (files(package) / name).read_bytes(), package) for name in found]


def own_todo(steps: Iterable[Step], applied: Mapping[str, str]) -> list[Step]:
    """What is left to apply. Raises Broken if the past does not fit the files."""
    own = {step.name: step for step in steps}
    past = {name: sha for name, sha in applied.items() if "/" not in name}
    if newer := sorted(past.keys() - own.keys()):
        raise Broken(
            f"the database is newer than this program: it has {', '.join(newer)};"
            " install the program's newest release, or restore an older database"
        )
    if changed := sorted(name for name, sha in past.items() if own[name].sha256 != sha):
        raise Broken(
            f"{', '.join(changed)} has changed since this database applied it; migrations are"
            " forward only: restore the file and write the change as a new one"
        )
    todo = [step for name, step in sorted(own.items()) if name not in past]
    if todo and past and todo[0].name < max(past):
        raise Broken(
            f"{todo[0].name} comes before {max(past)}, which this database already has;"
            " give the new file a higher number"
        )
    return todo


def engine_steps(applied: Mapping[str, str]) -> list[Step]:
    """What the queue's library still needs. Raises Broken if it is older than the database."""
    sql = files(_ENGINE) / "sql"
    release = f"{_ENGINE} {importlib.metadata.version(_ENGINE)}"
    texts = {
        f"{_ENGINE}/{f.name}": f.read_bytes()
        for f in (sql / "migrations").iterdir()
        if f.name.endswith(".sql")
    }
    schema = f"{_ENGINE}/schema.sql"
    past = {name for name in applied if name.startswith(f"{_ENGINE}/")}
    if not past:
        seen = tuple((name, _digest(text)) for name, text in sorted(texts.items()))
        return [Step(schema, (sql / "schema.sql").read_bytes(), release, seen)]
    if newer := sorted(past - texts.keys() - {schema}):
        raise Broken(
            f"the database is newer than {release}: it has {', '.join(newer)};"
            f" install the release of {_ENGINE} that the program's lock file names"
        )
    return [Step(name, text, release) for name, text in sorted(texts.items()) if name not in past]


async def _lock(conn: AsyncConnection[Any], patience: float) -> None:
    await conn.execute("SELECT set_config('lock_timeout', %s, false)", (f"{patience * 1000:.0f}",))
    await conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))  # goes with the connection
    await conn.execute("SET lock_timeout = '5s'")


async def _applied(conn: AsyncConnection[Any]) -> dict[str, str]:
    cursor = await conn.execute("SELECT name, sha256 FROM migration ORDER BY name")
    return dict(await cursor.fetchall())


async def _apply(conn: AsyncConnection[Any], step: Step) -> None:
    try:
        async with conn.transaction():
            await conn.execute(step.text)
            for name, sha256 in ((step.name, step.sha256), *step.records):
                await conn.execute(
                    "INSERT INTO migration (name, sha256, source) VALUES (%s, %s, %s)",
                    (name, sha256, step.source),
                )
    except psycopg.OperationalError:
        raise
    except psycopg.Error as cause:
        raise Broken(
            f"{step.name} failed and changed nothing: {str(cause).strip()};"
            " the database stays at the migration before it"
        ) from cause


def _digest(text: bytes) -> str:
    """The same for a file with either kind of line end, since a checkout may change them."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()

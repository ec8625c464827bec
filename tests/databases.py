"""Databases for tests. Each is as its template is, but most are not new.

To make one and to drop it copies and removes hundreds of files: more than many a test takes. So one
that a test has done with is cleared of what the test put in, and lent again. It is dropped where
that is not all: where anything was done to the schema.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

LENDS = 40  # then what was removed fills more pages than a new one has

# whoever is still there, as when a database is dropped by force
_ALONE = """
SELECT pg_terminate_backend(pid, 10000)
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND backend_type = 'client backend'
"""
# how many rows there are of each kind of thing that is not PostgreSQL's own, and how many are new
_SHAPE = "SELECT " + ", ".join(
    f"(SELECT array[count(*), count(*) FILTER (WHERE age(xmin) < age('{{since}}'::xid))]"
    f" FROM {name}{f' WHERE {key} >= 16384' if key else ''})"
    for name, key in {
        **dict.fromkeys(
            (
                "pg_class", "pg_attrdef", "pg_constraint", "pg_trigger", "pg_proc", "pg_type",
                "pg_enum", "pg_namespace", "pg_extension", "pg_rewrite", "pg_policy",
            ),
            "oid",
        ),
        "pg_attribute": "attrelid", "pg_index": "indexrelid", "pg_db_role_setting": "",
    }.items()
)  # fmt: skip
_OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_TABLES = f"""
SELECT c.oid::regclass::text
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND {_OURS} AND pg_relation_size(c.oid) > 0
 ORDER BY 1
"""
_SEQUENCES = f"""
SELECT c.oid::regclass::text, pg_sequence_last_value(c.oid), s.seqstart
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_sequence s ON s.seqrelid = c.oid
 WHERE c.relkind = 'S' AND {_OURS}
 ORDER BY 1
"""


class Another(Exception):
    """It is not as its template any more."""


@dataclass(slots=True)
class Lent:
    """One database, and a connection to it that stays. The template's `rows`, counted and kept, are
    older than the transaction `since` until some of a table had to be put back."""

    name: str
    conn: "psycopg.Connection[Any]"
    since: int = 0
    shape: tuple[Any, ...] = ()
    rows: dict[str, tuple[int, bytes]] = field(default_factory=dict, repr=False)
    renewed: set[str] = field(default_factory=set)
    sequences: list[tuple[Any, ...]] = field(default_factory=list)
    lends: int = 0

    def learn(self) -> None:
        """What it looks like as long as nobody has touched it."""
        (self.since,) = self._one("SELECT pg_current_xact_id()::text::bigint")
        self.shape = self._one(_SHAPE.format(since=self.since))
        self.rows = {
            n: (count, self._copied(n)) for n in self._tables() if (count := self._count(n))
        }
        self.sequences = self.conn.execute(_SEQUENCES.encode()).fetchall()

    def clear(self) -> None:
        """As it was. Raises Another when it cannot be."""
        self.conn.execute(_ALONE.encode())
        if self._one(_SHAPE.format(since=self.since)) != self.shape:
            raise Another
        with self.conn.transaction():
            self.conn.execute("SET LOCAL session_replication_role = replica")  # no trigger objects
            for name in self._tables():
                self._clear(name)
            self._wind_back()

    def _clear(self, name: str) -> None:
        count, kept = self.rows.get(name, (0, b""))
        if count and name not in self.renewed:
            self.conn.execute(
                f"DELETE FROM {name} WHERE xmin::text::bigint >= {self.since}".encode()
            )
            if self._count(name) == count:
                return
            self.renewed.add(name)
        self.conn.execute(f"DELETE FROM {name}".encode())
        if count:
            with self.conn.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:
                copy.write(kept)

    def _wind_back(self) -> None:
        now = self.conn.execute(_SEQUENCES.encode()).fetchall()
        for (name, value, start), is_now in zip(self.sequences, now, strict=True):
            if value != is_now[1]:
                told = (name, start if value is None else value, value is not None)
                self.conn.execute("SELECT setval(%s, %s, %s)", told)

    def _tables(self) -> list[str]:
        """Those that have, or had, rows."""
        return [name for (name,) in self.conn.execute(_TABLES.encode())]

    def _copied(self, name: str) -> bytes:
        with self.conn.cursor().copy(f"COPY {name} TO STDOUT".encode()) as copy:
            return b"".join(copy)

    def _count(self, name: str) -> int:
        return int(self._one(f"SELECT count(*) FROM {name}")[0])

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self.conn.execute(query.encode()).fetchone()
        assert row is not None
        return tuple(row)


@dataclass(slots=True)
class Databases:
    """Of one server. `ours` goes into the names, since others use the server, too."""

    dsn: str
    ours: str
    _spare: dict[str, list[Lent]] = field(default_factory=dict)
    _count: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def like(self, template: str) -> Iterator[str]:
        """The DSN of one, for as long as the block runs."""
        spare = self._spare.setdefault(template, [])
        lent = spare.pop() if spare else self._make(template)
        lent.lends += 1
        yield make_conninfo(self.dsn, dbname=lent.name)
        try:
            if lent.lends == LENDS:
                raise Another
            lent.clear()
        except (Another, psycopg.Error):
            self._drop(lent)
        else:
            spare.append(lent)

    def close(self) -> None:
        for lent in itertools.chain.from_iterable(self._spare.values()):
            self._drop(lent)
        self._spare.clear()

    def _make(self, template: str) -> Lent:
        name = f"test_{self.ours}_{next(self._count)}"
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            create(conn, name, template)
        lent = Lent(name, psycopg.connect(self.dsn, dbname=name, autocommit=True))
        lent.learn()
        return lent

    def _drop(self, lent: Lent) -> None:
        lent.conn.close()
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            drop(conn, lent.name)


def create(conn: "psycopg.Connection[Any]", name: str, template: str) -> None:
    words = (sql.Identifier(name), sql.Identifier(template))
    conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*words))


def drop(conn: "psycopg.Connection[Any]", name: str) -> None:
    """Whoever still uses it is thrown out, which is not ours to do with the server's own processes:
    those leave when a database goes without force."""
    words = sql.SQL("DROP DATABASE {}").format(sql.Identifier(name))
    try:
        conn.execute(words + sql.SQL(" WITH (FORCE)"))
    except psycopg.errors.InsufficientPrivilege:
        ours = "FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
        conn.execute(f"SELECT pg_terminate_backend(pid) {ours}".encode(), (name,))
        conn.execute(words)

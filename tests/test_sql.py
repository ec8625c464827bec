"""Every named query parses against the migrated schema, and somebody uses it."""

import re
from pathlib import Path

import psycopg
import pytest

import dihedral
from dihedral.kit import sql

ROOT = Path(dihedral.__file__).parent
FILES = sorted([*ROOT.glob("*/store/*.sql"), *ROOT.glob("kit/*.sql")])


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parts[-3]}/{f.stem}")
def test_every_query_of_a_file_parses_and_is_used(file: Path, dsn: str) -> None:
    package = ".".join(("dihedral", *file.relative_to(ROOT).parent.parts))
    queries = sql.load(package, file.name)
    assert queries
    assert used(file) == set(queries)
    with psycopg.connect(dsn) as conn:
        for name, text in queries.items():
            conn.execute(b"PREPARE q_%s AS %s" % (name.encode(), numbered(text)))


def used(file: Path) -> set[str]:
    """Names that the module beside the file takes, or one that takes `Q` from that module."""
    readers = [
        text
        for path in file.parent.glob("*.py")
        if path.stem == file.stem
        or re.search(rf"\.{file.stem} import \(?[^)\n]*\bQ\b", path.read_text("utf-8"))
        for text in [path.read_text("utf-8")]
    ]
    return {name for text in readers for name in re.findall(r'\bQ\["(\w+)"\]', text)}


def numbered(query: bytes) -> bytes:
    """`%(run)s` as `$1`, the same number each time, and `%%` as `%`, which PREPARE understands."""
    names = list(dict.fromkeys(re.findall(rb"%\((\w+)\)s", query)))
    text = re.sub(rb"%\((\w+)\)s", lambda m: b"$%d" % (names.index(m[1]) + 1), query)
    return text.replace(b"%%", b"%").rstrip(b";")


def test_there_are_queries_to_test() -> None:
    assert {"queue", "blobs"} <= {file.stem for file in FILES}


def test_a_query_without_a_name_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "some_queries"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a.sql").write_text("SELECT 1;\n-- one: why\nSELECT 1;\n")
    (package / "b.sql").write_text("-- one: why\nSELECT 1;\n-- one: again\nSELECT 2;\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="SQL without a name"):
        sql.load("some_queries", "a.sql")
    with pytest.raises(ValueError, match="named twice: one"):
        sql.load("some_queries", "b.sql")

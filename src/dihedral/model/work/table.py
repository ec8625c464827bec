"""Examples from a table: CSV in UTF-8 whose header has `text` and `label`.

Other columns are passed over. An empty label says that the text is none of ours.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from dihedral.domain.errors import Invalid
from dihedral.model.rules.reflex import Example

LONGEST = 20_000  # characters of one text; a request is a few sentences
MOST = 200_000  # rows

_HEADER = "the first line must name the columns text and label"


def read(path: Path) -> list[Example]:
    """The examples in the file's order. Raises Invalid with the line at which it goes wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(_examples(path, file))
    except OSError as cause:
        raise Invalid(f"cannot read {path}: {cause.strerror}") from cause
    except UnicodeDecodeError as cause:
        raise Invalid(
            f"{path}, line {_undecoded(path)}: this is not UTF-8; save the file as UTF-8"
        ) from cause
    if not found:
        raise Invalid(f"{path} has no examples: {_HEADER}, and each line after it is an example")
    return found


def _examples(path: Path, file: TextIO) -> Iterator[Example]:
    header: list[str] = []
    count = 0
    for line, row in _rows(path, file):
        if not row:
            continue
        if not header:
            header = _header(path, line, row)
            continue
        count += 1
        if count > MOST:
            raise Invalid(f"{path}, line {line}: more than {MOST:,} examples; take a sample")
        yield _example(path, line, header, row)


def _rows(path: Path, file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line at which it starts."""
    reader, start = csv.reader(file, strict=True), 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error as cause:
        raise Invalid(
            f"{path}, line {start}: {cause}; a text with quotes needs them doubled, in quotes"
        ) from cause


def _header(path: Path, line: int, row: list[str]) -> list[str]:
    header = [name.strip().casefold() for name in row]
    for name in ("text", "label"):
        if header.count(name) != 1:
            raise Invalid(f"{path}, line {line}: {header.count(name)} columns {name!r}: {_HEADER}")
    return header


def _example(path: Path, line: int, header: list[str], row: list[str]) -> Example:
    if len(row) != len(header):
        raise Invalid(
            f"{path}, line {line}: {len(row)} columns where the first line names {len(header)};"
            " a text with a comma needs quotes"
        )
    text, label = row[header.index("text")], row[header.index("label")].strip()
    if not text.strip():
        raise Invalid(f"{path}, line {line}: the text is empty; write one or drop the line")
    if len(text) > LONGEST:
        raise Invalid(f"{path}, line {line}: the text has more than {LONGEST:,} characters")
    return text, label


def _undecoded(path: Path) -> int:
    """The first line that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1

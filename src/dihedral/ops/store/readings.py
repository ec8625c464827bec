"""Who reads which outputs of whom, remembered. The shape is that of `rules.readings`: the name of
the other workspace → outputs, sorted; `*` is every one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from dihedral.domain.ids import WorkspaceId
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "readings.sql")

Readings = Mapping[str, tuple[str, ...]]


async def add(tx: Tx, reader: WorkspaceId, read: Mapping[str, Sequence[str]]) -> None:
    """Beside what it reads already."""
    pairs = [(source, output) for source, outputs in sorted(read.items()) for output in outputs]
    for source, output in pairs:
        await tx.do(Q["add"], reader=reader, source=source, output=output)


async def put(tx: Tx, reader: WorkspaceId, read: Mapping[str, Sequence[str]]) -> None:
    """In place of what it read."""
    await tx.do(Q["clear"], reader=reader)
    await add(tx, reader, read)


async def reads(tx: Tx, workspace: WorkspaceId) -> Readings:
    return _grouped(await tx.rows(Q["reads"], workspace=workspace))


async def read_by(tx: Tx, workspace: WorkspaceId) -> Readings:
    return _grouped(await tx.rows(Q["read_by"], workspace=workspace))


def _grouped(rows: Iterable[Row]) -> Readings:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row["output"])
    return {name: tuple(outputs) for name, outputs in found.items()}

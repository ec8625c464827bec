"""Everything that is sealed, by the key that it is under: where a rotation finds it.

A table with a sealed column has a trigger and an index of its own (schema/0012), and is named
here; tests/ops/test_keys.py demands all three.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dihedral.domain.audit import Head
from dihedral.domain.ids import ApprovalId, Digest, RunId, WorkspaceId
from dihedral.domain.model import sealing
from dihedral.domain.workspace import Category
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx
from dihedral.ops.store import audit, logs, tokens, workspaces

Q = sql.load(__package__, "sealed.sql")
BARE = "bare"
"""Stands for the key of a digest that names none."""


@dataclass(frozen=True, slots=True)
class Content:
    """Something sealed: its name in its table, and what it is bound to."""

    id: str
    sealed: bytes
    bind: bytes


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of content: how it is found and written, what binds a row, how many go at once."""

    name: str
    find: bytes
    move: bytes
    bind: Callable[[Row], bytes]
    size: int = 100


def _variable(row: Row) -> bytes:
    return workspaces.bind(WorkspaceId(row["workspace"]), Category(row["category"]), row["key"])


def _endpoint(row: Row) -> bytes:
    return sealing(row["id"], row["wire"], row["url"])


CONTENT = (
    Kind("signing_key", Q["signing_key"], Q["move_signing_key"], lambda r: audit.bind(r["id"])),
    Kind("token_key", Q["token_key"], Q["move_token_key"], lambda r: tokens.bind(r["id"])),
    Kind("variable", Q["variable"], Q["move_variable"], _variable),
    Kind("endpoint", Q["endpoint"], Q["move_endpoint"], _endpoint),
    Kind("blob", Q["blob"], Q["move_blob"], lambda r: str(r["id"]).encode(), size=4),
    Kind(
        "conversation_piece",
        Q["conversation_piece"],
        Q["move_conversation_piece"],
        lambda r: f"piece:{r['conversation']}".encode(),
    ),
    Kind("run_log", Q["run_log"], Q["move_run_log"], lambda r: logs.bind(RunId(r["run"]))),
)


async def some(tx: Tx, kind: Kind, keys: Sequence[str], but: Sequence[str] = ()) -> list[Content]:
    """Some of what these keys sealed, held until `tx` ends; not what others hold now."""
    rows = await tx.rows(kind.find, keys=list(keys), but=list(but), size=kind.size)
    return [Content(row["id"], row["sealed"], kind.bind(row)) for row in rows]


async def move(tx: Tx, kind: Kind, moved: Sequence[Content]) -> None:
    await tx.each(kind.move, [{"id": one.id, "sealed": one.sealed} for one in moved])


async def some_runs(tx: Tx, keys: Sequence[str], size: int = 50) -> list[RunId]:
    """Runs that these keys sealed, or whose variables' digest they made, or that have an approval
    of which that is true; held."""
    names = {"keys": [*keys, BARE], "size": size}
    rows = await tx.rows(Q["run"], **names) or await tx.rows(Q["approval"], **names)
    return [RunId(row["id"]) for row in rows]


async def move_run(tx: Tx, run: RunId, seal: bytes | None, inputs: Digest | None) -> None:
    await tx.do(Q["move_run"], id=run, seal=seal, inputs=inputs)


async def move_approval(tx: Tx, approval: ApprovalId, seal: bytes, inputs: Digest | None) -> None:
    await tx.do(Q["move_approval"], id=approval, seal=seal, inputs=inputs)


async def head(tx: Tx, keys: Sequence[str]) -> tuple[Head, bytes] | None:
    """The audit log's head and its seal, held, if one of these keys sealed it."""
    row = await tx.row(Q["audit_head"], keys=list(keys))
    return None if row is None else (Head(row["seq"], row["hash"]), row["seal"])


async def move_head(tx: Tx, seal: bytes) -> None:
    await tx.do(Q["move_audit_head"], seal=seal)


async def left(tx: Tx, keys: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """How much there is under each key, by kind; nothing where there is none."""
    found: dict[str, dict[str, int]] = {}
    for row in await tx.rows(Q["left"], keys=list(keys)):
        found.setdefault(row["key_id"], {})[row["kind"]] = row["count"]
    return found

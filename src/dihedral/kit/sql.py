"""Named queries from `.sql` files, so that SQL is read, searched and linted as SQL.

    -- lock: the run, held until the transaction ends
    SELECT ... FROM run WHERE id = %(run)s FOR UPDATE;

A name, a colon, why it exists; then one statement. psycopg trusts bytes as it trusts a literal.
"""

import re
from importlib.resources import files

_HEAD = re.compile(r"^-- (\w+): .+\n", re.MULTILINE)


def load(package: str, name: str) -> dict[str, bytes]:
    """Queries of one file by name. Raises ValueError for text before the first name, or a twin."""
    preamble, *parts = _HEAD.split((files(package) / name).read_text("utf-8"))
    if preamble.strip():
        raise ValueError(f"{package}/{name}: SQL without a name; write `-- name: why` above it")
    names = parts[::2]
    if twins := sorted({n for n in names if names.count(n) > 1}):
        raise ValueError(f"{package}/{name}: named twice: {', '.join(twins)}; rename one")
    return {key: body.strip().encode() for key, body in zip(names, parts[1::2], strict=True)}

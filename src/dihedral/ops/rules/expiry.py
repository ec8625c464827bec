"""Rules by which a storage deletes what it holds: nothing is destroyed, and yet it will be gone.

Source  the AWS provider's aws_s3_bucket_lifecycle_configuration
"""

from collections.abc import Iterator, Sequence
from typing import Any

from dihedral.domain.change import Action, Change, Object

TYPE = "aws_s3_bucket_lifecycle_configuration"
_SETS = (Action.CREATE, Action.UPDATE, Action.REPLACE)


def of(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Address and words of each new rule that deletes from a bucket which was there before."""
    made = {
        (c.after or {}).get("bucket")
        for c in changes
        if c.type == "aws_s3_bucket" and c.action is Action.CREATE
    }
    for change in changes:
        bucket = (change.after or {}).get("bucket")
        if change.type != TYPE or change.action not in _SETS or bucket is None or bucket in made:
            continue
        before = set(_days(change.before or {}))
        for days in sorted(set(_days(change.after or {})) - before):
            yield change.address, f"it deletes what {bucket} holds after {days} days"


def _days(values: Object) -> Iterator[int]:
    for rule in _list(values.get("rule")):
        if rule.get("status") == "Enabled":
            yield from (
                part["days"] for part in _list(rule.get("expiration")) if _number(part.get("days"))
            )


def _number(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _list(value: Any) -> list[Object]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []

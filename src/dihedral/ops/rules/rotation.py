"""Which key signs tokens, which are published, and when it is time for the next one.

Shape   a key of each algorithm signs from its `signs_from` until that of the next one. It is
        published `LEAD` before it signs, so that whoever keeps a copy of our keys has it by then,
        and `KEEPS` after its last signature, so that what it signed is believed to its end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dihedral.domain.token import Alg, TokenKey

SIGNS = timedelta(days=30)
LEAD = timedelta(days=1)  # relying parties may keep a copy of the keys as long as this
KEEPS = timedelta(hours=1)  # longer than any token lives, and than any two clocks differ


@dataclass(frozen=True, slots=True)
class Look:
    """`signs` is None only where there is no key at all. `due`: it is time to make one."""

    signs: TokenKey | None
    published: tuple[TokenKey, ...]
    waits: TokenKey | None
    due: bool


def look(keys: Iterable[TokenKey], alg: Alg, now: datetime) -> Look:
    """What holds now. A first key that the clock of another server made signs at once."""
    alive = sorted(
        (k for k in keys if k.alg is alg and (k.retires_at is None or now < k.retires_at)),
        key=lambda key: (key.signs_from, key.id),
    )
    ready = [key for key in alive if key.signs_from <= now] or alive[:1]
    signs = ready[-1] if ready else None
    waits = alive[-1] if alive and alive[-1] is not signs else None
    old = signs is None or now >= signs.signs_from + SIGNS - LEAD
    return Look(signs, tuple(alive), waits, waits is None and old)


def begins(held: Look, now: datetime) -> datetime:
    """When a key that is made now signs; at once where there is none that could until then."""
    return now if held.signs is None else now + LEAD


def retires(successor: datetime) -> datetime:
    """When a key is no longer published whose successor signs from then."""
    return successor + KEEPS

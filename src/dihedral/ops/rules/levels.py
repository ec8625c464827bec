"""The level of a plan's blast radius: contained, limited, wide or critical, by one table.

A plan has the highest level of all that it does. What is not in the table keeps it contained.
"""

from collections.abc import Iterator, Mapping

from dihedral.domain.change import Level
from dihedral.ops.rules.limits import TIERS

ORDER = tuple(Level)

# fmt: off
# what a plan does (a tier of `rules.limits`) → the level that it has at least
BY_TIER: Mapping[str, Level] = {
    "update":       Level.LIMITED,
    "replace":      Level.LIMITED,
    "delete":       Level.LIMITED,
    "forget":       Level.LIMITED,
    "move":         Level.LIMITED,
    "import":       Level.LIMITED,
    "opens":        Level.LIMITED,
    "unknown":      Level.LIMITED,
    "deferred":     Level.LIMITED,
    "checks":       Level.LIMITED,
    "invoked":      Level.LIMITED,
    "lost":         Level.WIDE,
    "irreversible": Level.WIDE,
    "crosses":      Level.WIDE,
    "privilege":    Level.WIDE,
    "elsewhere":    Level.WIDE,
    "errored":      Level.WIDE,
    "exposes":      Level.CRITICAL,
    "admin":        Level.CRITICAL,
}
# how many of what exists → the level that it has at least; the last that is reached counts
BY_COUNT: Mapping[str, tuple[tuple[int, Level], ...]] = {
    "touched": ((1, Level.LIMITED), (50, Level.WIDE), (500, Level.CRITICAL)),
    "gone":    ((1, Level.LIMITED), (20, Level.WIDE), (200, Level.CRITICAL)),
    "felt":    ((1, Level.LIMITED), (25, Level.WIDE)),
}
SAYS: Mapping[str, str] = {
    "touched": "{} resources that exist are touched",
    "gone":    "{} resources go",
    "felt":    "{} others depend on what is touched",
}
# fmt: on


def of(reasons: Mapping[Level, tuple[str, ...]]) -> Level:
    return max(reasons, key=ORDER.index, default=Level.CONTAINED)


def reasons(
    does: Mapping[str, tuple[str, ...]], counts: Mapping[str, int], surely: int, empty: int
) -> dict[Level, tuple[str, ...]]:
    """Why a plan has each level, the highest first. `surely` counts what loses its data without
    a way back, `empty` what must be empty to go."""
    found: dict[Level, list[str]] = {}
    for level, why in (*_tiers(does, empty), *_counts(counts), *_surely(surely)):
        found.setdefault(level, []).append(why)
    return {level: tuple(found[level]) for level in reversed(ORDER) if level in found}


def _tiers(does: Mapping[str, tuple[str, ...]], empty: int) -> Iterator[tuple[Level, str]]:
    for tier, whats in does.items():
        level = BY_TIER.get(tier)
        if tier == "lost" and len(whats) == empty:
            level = Level.LIMITED
        if level:
            yield level, f"{TIERS[tier].says.rstrip(':')}: {len(whats)}"


def _counts(counts: Mapping[str, int]) -> Iterator[tuple[Level, str]]:
    for name, steps in BY_COUNT.items():
        reached = [level for least, level in steps if counts.get(name, 0) >= least]
        if reached and reached[-1] is not Level.LIMITED:  # the tiers say that in better words
            yield reached[-1], SAYS[name].format(counts[name])


def _surely(surely: int) -> Iterator[tuple[Level, str]]:
    if surely:
        yield Level.CRITICAL, f"the data of {surely} goes, and nothing is kept"

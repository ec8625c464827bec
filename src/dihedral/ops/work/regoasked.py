"""Which rules of a policy set the embedded engine is asked, by what its files say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dihedral.ops.rules.policy import ASKED
from dihedral.ops.rules.policyset import Query
from dihedral.ops.work.regoread import Reading


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule, and where it is defined."""

    package: str
    name: str
    at: tuple[tuple[str, int], ...]

    @property
    def path(self) -> str:
        return f"data.{self.package}.{self.name}"


def by(queries: Sequence[Query] | None) -> Callable[[Reading], Sequence[Wanted]]:
    """The rules that are queried; with none, every rule that may object, by its name."""

    def wanted(reading: Reading) -> list[Wanted]:
        at = _defined(reading)
        if queries is None:
            return [Wanted(p, n, at[p, n]) for p, n in sorted(at) if _speaks(n)]
        return [Wanted(q.package, q.rule, at.get((q.package, q.rule), ())) for q in queries]

    return wanted


def tests(reading: Reading) -> list[Wanted]:
    """Every test, in the order of the files, at its first definition."""
    found = [
        Wanted(package, name, at[:1])
        for (package, name), at in _defined(reading).items()
        if name.startswith("test_")
    ]
    return sorted(found, key=lambda test: test.at[0])


def _defined(reading: Reading) -> dict[tuple[str, str], tuple[tuple[str, int], ...]]:
    """Where each rule that is no function is defined."""
    at: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for rule in reading.rules:
        if not rule.function:
            at.setdefault((rule.package, rule.name), []).append((rule.file, rule.line))
    return {rule: tuple(places) for rule, places in at.items()}


def _speaks(name: str) -> bool:
    return any(name == word or name.startswith(f"{word}_") for word in ASKED)

"""Boxes in columns, left to right: each one right of all that it reads, and near to it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

STEPS = 10  # columns of a chain; what comes later stands in the last

Edges = Sequence[tuple[str, str]]  # from what is read to who reads it


def ranks(ids: Iterable[str], edges: Edges) -> dict[str, int]:
    """In which column each stands: one after all that it reads, rings aside."""
    step = dict.fromkeys(ids, 0)
    for _ in range(min(len(step), STEPS)):
        for need, reader in edges:
            step[reader] = max(step[reader], min(step[need] + 1, STEPS - 1))
    return step


def ordered(
    step: Mapping[str, int], edges: Edges, tie: Callable[[str], Any] = str
) -> list[list[str]]:
    """The columns that have something in them, each from top to bottom; `tie` says who comes first
    of those whose needs are at the same height."""
    held: dict[int, list[str]] = defaultdict(list)
    for one, at in step.items():
        held[at].append(one)
    needs: dict[str, list[str]] = defaultdict(list)
    for need, reader in edges:
        needs[reader].append(need)
    row: dict[str, float] = {}
    columns = []
    for at in sorted(held):
        column = sorted(held[at], key=lambda one: (_middle(needs[one], row), tie(one)))
        row.update({one: float(n) for n, one in enumerate(column)})
        columns.append(column)
    return columns


def _middle(needs: Sequence[str], row: Mapping[str, float]) -> float:
    placed = [row[need] for need in needs if need in row]
    return sum(placed) / len(placed) if placed else 0.0

"""The `input` of policies, in the embedded engine's own process: a plan is large, so it is decoded
as seldom as can be, and cut to what is read.

Sets that name what they read share one document with all that any of them names. None of them can
tell: a key that a set does not name it does not see. A set that takes `input` as a whole gets the
whole, in the shape that it asks for.
"""

import json
from collections.abc import Callable, Mapping, Set
from typing import Any

import msgspec

from dihedral.ops.rules.regotree import Path

Needs = frozenset[Path] | None
Raw = Mapping[str, msgspec.Raw]


class Documents:
    """`ours` are the keys of `input` that are no part of the plan; `context` what is known of them.
    `make` makes an engine."""

    def __init__(self, plan: bytes, ours: Set[str], make: Callable[[], Any]) -> None:
        self._plan: Raw = msgspec.json.decode(plan or b"{}", type=dict[str, msgspec.Raw])
        self._ours, self._make = ours, make
        self._context: dict[str, msgspec.Raw] = {}
        self._wanted: frozenset[Path] = frozenset()
        self._held: dict[tuple[str, Needs], Any] = {}

    def tell(self, context: Mapping[str, Any]) -> None:
        """More of the context; what is held lacks it, and goes."""
        self._context |= {k: msgspec.Raw(json.dumps(v).encode()) for k, v in context.items()}
        self._held.clear()
        self._wanted = frozenset()

    def want(self, needs: Needs) -> None:
        """What a set will ask for: the next document has it too."""
        self._wanted |= {path for path in needs or () if path[0] not in self._ours}

    def engine(self, shape: str, needs: Needs) -> Any:
        """An engine with the input of a set in it. Raises RuntimeError, ValueError."""
        if needs is None:
            return self._engine(shape, None)
        of_plan = {path for path in needs if path[0] not in self._ours}
        for _, held in self._held:
            if held is not None and of_plan <= held:
                return self._held["", held]
        self.want(needs)
        return self._engine("", self._wanted)

    def _engine(self, shape: str, needs: Needs) -> Any:
        if (shape, needs) not in self._held:
            made = self._make()
            made.set_input_json(self._written(shape, needs).decode())
            self._held[shape, needs] = made
        return self._held[shape, needs]

    def _written(self, shape: str, needs: Needs) -> bytes:
        """The plan's own keys, `plan`, and ours."""
        plan, context = self._plan, self._context
        if needs is None:
            flat, deep = shape in ("conftest", "both"), shape in ("hcp", "both")
            whole = {**(plan if flat else {}), **({"plan": plan} if deep else {}), **context}
            return msgspec.json.encode(whole)
        top = {k: v for k, v in plan.items() if (k,) in needs}
        all_of_it = ("plan",) in needs
        inner = {k: v for k, v in plan.items() if all_of_it or ("plan", k) in needs}
        asks = any(path[:1] == ("plan",) for path in needs)
        return msgspec.json.encode({**top, **({"plan": inner} if asks else {}), **context})

"""A scenario at work on one world: it counts what happened, and says what goes wrong now."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from dihedral.simulator.cty import Object
from dihedral.simulator.scenario import Counted, Rule, Scenario, When
from dihedral.simulator.world import World


@dataclass(frozen=True, slots=True)
class Trouble:
    """A diagnostic: what Terraform shows a person. `path` is an attribute, or empty."""

    summary: str
    detail: str = ""
    path: tuple[str, ...] = ()
    error: bool = True


def fatal(troubles: list[Trouble]) -> bool:
    return any(trouble.error for trouble in troubles)


@dataclass(frozen=True, slots=True)
class Weather:
    scenario: Scenario
    world: World
    crash: Callable[[], None]  # ends the provider as a crash would; may return

    def strike(self, when: When, kind: str, thing: Object | None) -> list[Trouble]:
        """Waits where the scenario is slow, and says what fails."""
        for slow in self.scenario.slow:
            if slow.when == when and slow.holds(kind, thing):
                time.sleep(slow.seconds)
        if when == "apply":
            self._crash(kind, thing)
        return [
            Trouble(fault.summary, fault.detail, error=fault.severity == "error")
            for place, fault in enumerate(self.scenario.faults)
            if fault.when == when and self._due(f"fault {place}", fault, kind, thing)
        ]

    def over_quota(self, kind: str) -> list[Trouble]:
        limit = self.scenario.quotas.get(kind)
        if limit is None or len(self.world.of(kind)) < limit:
            return []
        return [
            Trouble(
                f"{kind}: quota of {limit} exceeded",
                f"The scenario allows {limit} of {kind}, and that many exist already.",
            )
        ]

    def drifted(self, kind: str, thing: Object) -> Object | None:
        """The thing as somebody left it; None when it is gone."""
        for drift in self.scenario.drift:
            if drift.holds(kind, thing):
                if drift.gone:
                    return None
                thing = {**thing, **{n: v for n, v in drift.set.items() if n in thing}}
        return thing

    def canned(self, kind: str, asked: Object) -> Object:
        out: Object = {}
        for answer in self.scenario.data:
            if answer.holds(kind, asked):
                out.update(answer.set)
        return out

    def _crash(self, kind: str, thing: Object | None) -> None:
        for place, crash in enumerate(self.scenario.crash):
            if self._due(f"crash {place}", crash, kind, thing):
                self.crash()

    def _due(self, name: str, rule: Counted, kind: str, thing: Object | None) -> bool:
        return Rule.holds(rule, kind, thing) and rule.due(self.world.count(name))

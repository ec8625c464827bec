"""What Prometheus reads: counts of runs, verdicts and approvals, taken when it asks.

Shape   docs/approvals.md lists them. No label names a run, a person or a workspace, so there are
        never more series than there are statuses, gates and outcomes.
Source  prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.approval import Ending, How
from dihedral.domain.right import Action
from dihedral.domain.run import Fact, Status
from dihedral.domain.spend import Purpose
from dihedral.ops.work import tally
from dihedral.ops.work.tally import Tally

BOUNDS = (60.0, 300.0, 900.0, 3600.0, 14400.0, 28800.0, 86400.0, 172800.0, 259200.0)  # seconds
MEDIA = "text/plain; version=0.0.4; charset=utf-8"
BY_PEOPLE = (How.PERSON, How.SELF)


@dataclass(frozen=True, slots=True, eq=False)  # a registry keeps it by identity
class Counted(Collector):
    """A collector of what was counted already."""

    families: tuple[Metric, ...]

    def collect(self) -> Iterable[Metric]:
        return self.families


async def metrics(request: Request) -> Response:
    found = await tally.count(edge.ops(request), edge.actor(request), BOUNDS)
    return Response(_text(found), headers={"content-type": MEDIA})


def outcomes(found: Tally) -> Mapping[str, int]:
    """What became of asking people. An approval may have been given and then withdrawn."""
    given = found.approvals
    return {
        "given": sum(g.approvals for g in given if g.how in BY_PEOPLE),
        "carried": sum(g.approvals for g in given if g.how is How.CARRIED),
        "policy": sum(g.approvals for g in given if g.how is How.POLICY),
        "withdrawn": sum(g.approvals for g in given if g.ended_as is Ending.WITHDRAWN),
        "void": sum(g.approvals for g in given if g.ended_as is Ending.VOID),
        "denied": found.ends.get(Fact.DISCARDED, 0),
        "expired": found.ends.get(Fact.EXPIRED, 0),
    }


def _text(found: Tally) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Counted((*_approvals(found), *_runs(found), *_money(found))))
    return generate_latest(registry)


def _approvals(found: Tally) -> Iterator[Metric]:
    pending = found.statuses.get(Status.POLICY_CHECKED, 0)
    yield GaugeMetricFamily("dihedral_approvals_pending", "Runs that wait.", value=pending)
    yield HistogramMetricFamily(
        "dihedral_approval_wait_seconds",
        "From asking to a person's approval.",
        buckets=[*_buckets(found)],
        sum_value=found.waits.seconds,
    )
    became = CounterMetricFamily(
        "dihedral_approvals", "What became of asking people.", labels=["outcome"]
    )
    for outcome, number in outcomes(found).items():
        became.add_metric([outcome], number)
    yield became
    overrides = sum(g.overrides for g in found.approvals if g.how in BY_PEOPLE)
    yield CounterMetricFamily(
        "dihedral_approval_overrides",
        "Approvals that answered a policy that asked.",
        value=overrides,
    )


def _runs(found: Tally) -> Iterator[Metric]:
    runs = GaugeMetricFamily("dihedral_runs_total", "Runs by status.", labels=["status"])
    for status in Status:
        runs.add_metric([status], found.statuses.get(status, 0))
    yield runs
    verdicts = CounterMetricFamily(
        "dihedral_verdicts", "What the gates said of runs.", labels=["gate", "ruling"]
    )
    for (gate, ruling), number in sorted(found.rulings.items()):
        verdicts.add_metric([gate, ruling], number)
    yield verdicts


def _money(found: Tally) -> Iterator[Metric]:
    spent, held = (
        GaugeMetricFamily(
            f"dihedral_ledger_{name}", f"{told} this month.", labels=["purpose", "unit"]
        )
        for name, told in (("spent", "Spent in"), ("held", "Held of"))
    )
    for (purpose, unit), balance in sorted(found.money.items()):
        spent.add_metric([purpose, unit], float(balance.spent))
        held.add_metric([purpose, unit], float(balance.held))
    yield from (spent, held)
    number = GaugeMetricFamily(
        "dihedral_ledger_reservations", "Calls and runs that hold something.", labels=["purpose"]
    )
    for purpose in Purpose:
        number.add_metric([purpose], found.held.get(purpose, 0))
    yield number


def _buckets(found: Tally) -> Iterator[tuple[str, float]]:
    for bound, number in found.waits.within.items():
        yield f"{bound:g}", float(number)
    yield "+Inf", float(found.waits.approvals)


doors = (
    Door(
        method="GET",
        path="/metrics",
        handler=metrics,
        needs=Action.METRICS_READ,
        summary="Counts for Prometheus",
        gives=str,
        gives_media="text/plain",
    ),
)

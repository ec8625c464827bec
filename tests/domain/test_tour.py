"""How far somebody is in the tour: told by what there is."""

from datetime import UTC, datetime

import pytest

from dihedral.domain.ids import ActorId, Digest, RunId, WorkspaceId
from dihedral.domain.run import OVER, Run, Status
from dihedral.domain.tour import Step, Tour, step

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOUR = Tour(person=ActorId("ada"), began_at=NOON)
READ = Tour(person=ActorId("ada"), began_at=NOON, read=RunId("run-1"))
# fmt: off
WHERE = {
    Status.PENDING:              Step.READ,
    Status.PLANNING:             Step.READ,
    Status.PLANNED:              Step.READ,
    Status.POLICY_CHECKED:       Step.READ,
    Status.CONFIRMED:            Step.WATCH,
    Status.APPLYING:             Step.WATCH,
    Status.APPLIED:              Step.EVIDENCE,
    Status.PLANNED_AND_FINISHED: Step.ASK,
    Status.POLICY_SOFT_FAILED:   Step.ASK,
    Status.ERRORED:              Step.ASK,
    Status.DISCARDED:            Step.ASK,
    Status.CANCELED:             Step.ASK,
}
# fmt: on


def run(status: Status, name: str = "run-1") -> Run:
    return Run(
        id=RunId(name),
        workspace=WorkspaceId("ws-1"),
        proposer=ActorId("ada"),
        configuration=Digest("c"),
        created_at=NOON,
        status=status,
    )


def test_it_begins_with_asking_and_goes_on_with_what_was_made_of_it() -> None:
    assert step(TOUR, None, asked=False) is Step.ASK
    assert step(TOUR, None, asked=True) is Step.REFLEX


@pytest.mark.parametrize("status", Status)
def test_each_status_of_the_run_is_a_step(status: Status) -> None:
    assert step(TOUR, run(status), asked=True) is WHERE[status]


@pytest.mark.parametrize("status", [s for s in Status if WHERE[s] is Step.READ])
def test_what_was_read_is_to_be_approved(status: Status) -> None:
    assert step(READ, run(status), asked=True) is Step.APPROVE
    assert step(READ, run(status, "run-2"), asked=True) is Step.READ


def test_what_is_over_leads_on_only_where_it_was_applied() -> None:
    led = {status for status in OVER if WHERE[status] is not Step.ASK}
    assert led == {Status.APPLIED}

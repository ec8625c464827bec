"""Why a run asks, is allowed or denied: every status, every term, what would change it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dihedral.domain.approval import Approval, How
from dihedral.domain.ids import ActorId, ApprovalId, Digest, RunId, WorkspaceId
from dihedral.domain.run import Run, Status
from dihedral.domain.verdict import Finding, Ruling, Verdict
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules import blast, decide, numbers, terms
from dihedral.ops.rules.explain import ALWAYS, Explanation, basis, explain
from dihedral.ops.rules.terms import Terms
from tests.ops import plans
from tests.ops.plans import change

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EFFECT = Digest("e" * 64)
SPACE = Workspace(id=WorkspaceId("ws-1"), name="shop", created_at=NOW)
RUN = Run(
    id=RunId("run-1"),
    workspace=SPACE.id,
    proposer=ActorId("ada"),
    configuration=Digest("c" * 64),
    created_at=NOW,
    status=Status.POLICY_CHECKED,
    effect=EFFECT,
)
FINE = tuple(Verdict(Ruling.ALLOW, gate, "fine") for gate in ("guard", "plan", "cost", "policy"))
LOST = change("aws_db_instance.a", "delete", before={"skip_final_snapshot": True})
YES = Approval(
    id=ApprovalId("apv-1"),
    run=RUN.id,
    workspace=SPACE.id,
    effect=EFFECT,
    base_state=None,
    approver=ActorId("bo"),
    how=How.PERSON,
    at=NOW,
)


def judged(*changes: Any, held: Terms | None = None, **rest: Any) -> tuple[Run, list[Verdict]]:
    """A run as the gates leave it, of these changes."""
    held = held or Terms()
    measured = blast.measure(plans.read(*changes))
    verdicts = [*FINE, blast.judge(measured, held.limits)]
    decision = decide.decide(verdicts, held.limits)
    kept = {
        "risk": numbers.show_risk(measured),
        "terms": basis(held.limits, [*measured.does, *ALWAYS]),
    }
    run = replace(RUN, approvers=decision.approvers, numbers=kept, **rest)
    return run, list(decision.verdicts)


def told(run: Run, verdicts: list[Verdict], *approvals: Approval, **now: Any) -> Explanation:
    return explain(run, SPACE, verdicts, approvals, now.pop("now", Terms()), **now)


def test_a_waiting_run_says_which_gate_asks_and_which_tier_is_behind_each_reason() -> None:
    found = told(*judged(LOST))
    assert found.ruling is Ruling.ASK
    assert found.answer.endswith("these ask: blast.")
    assert "2 people must say yes: 2 more, not ada, who proposed it, and no agent" in found.people
    first = found.gates[0]
    assert (first.gate, first.approvers) == ("blast", 2)
    assert {p.term: (p.ruling, p.approvers, p.whats) for p in first.points}["tiers.lost"] == (
        Ruling.ASK,
        2,
        ("aws_db_instance.a",),
    )
    assert any(line.startswith("keep it, or copy its data first") for line in found.changes)
    assert any("`tiers.lost` (ask, 2 people)" in line for line in found.changes)
    assert any("dihedral workspace terms shop" in line for line in found.changes)


def test_a_given_approval_counts() -> None:
    found = told(*judged(LOST), YES)
    assert "2 people must say yes, of whom 1 said so: 1 more" in found.people


def test_who_works_alone_may_approve_himself() -> None:
    run, verdicts = judged(LOST)
    assert "not ada" not in told(run, verdicts, self_approval=True).people


def test_a_term_that_is_another_by_now_is_said() -> None:
    now = terms.read("tiers: {delete: allow}", Terms())
    found = told(*judged(change("aws_vpc.a", "delete")), now=now)
    (point,) = (p for p in found.gates[0].points if p.term == "tiers.delete")
    assert (point.ruling, point.now) == (Ruling.ASK, "allow")
    assert any("is allow by now; a new run is judged on that" in line for line in found.changes)


def test_a_term_that_the_server_fixes_is_not_for_its_owners() -> None:
    run, verdicts = judged(change("aws_vpc.a", "create"), status=Status.POLICY_SOFT_FAILED)
    denied = Verdict(
        Ruling.DENY, "blast", "errored", (Finding("did not succeed", "x", "", "tiers.errored"),)
    )
    found = told(run, [*verdicts[:-1], denied])
    assert found.answer == "It is denied by: blast. No approval can let it pass."
    assert (found.people, found.ruling) == ("", Ruling.DENY)
    assert any("`tiers.errored`" in c and "the server fixes" in c for c in found.changes)
    assert found.changes[-1].startswith("a run is never judged again")


def test_what_the_guard_denies_is_explained_with_its_mend_before_any_plan() -> None:
    note = Finding("a provisioner runs programs", "main.tf:3", "take it out")
    run = replace(RUN, status=Status.POLICY_SOFT_FAILED, effect=None, reason="guard: no")
    found = told(run, [Verdict(Ruling.DENY, "guard", "no", (note,))])
    assert found.answer.startswith("It is denied by: guard.")
    assert found.gates[0].points[0].term == "guard"
    assert found.changes[0] == "take it out (main.tf:3)"


def test_what_every_gate_allows_waits_for_the_setting() -> None:
    found = told(*judged(change("aws_vpc.a", "create", after={})))
    assert found.answer.startswith("Every gate allows it. It waits for a person because")
    assert found.changes == (
        "what every gate allows is applied without a person after"
        " `dihedral workspace set shop --auto-apply`",
    )


STATUSES = [
    (Status.PENDING, "It is waiting for a worker; nothing is decided yet."),
    (Status.PLANNING, "It is being planned; nothing is decided yet."),
    (Status.PLANNED, "It is being judged; nothing is decided yet."),
    (Status.CANCELED, "It is canceled (why) and was not judged."),
    (Status.ERRORED, "It is errored (why) and was not judged."),
]


@pytest.mark.parametrize(("status", "answer"), STATUSES)
def test_a_run_that_is_not_judged_says_so(status: Status, answer: str) -> None:
    early = status in (Status.PENDING, Status.PLANNING, Status.PLANNED)
    run = replace(RUN, status=status, effect=None, reason="" if early else "why")
    assert told(run, [FINE[0]]).answer == answer


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_an_answer(status: Status) -> None:
    run, verdicts = judged(LOST, status=status)
    found = told(run, verdicts, YES)
    assert found.answer.endswith(".") and found.gates
    if status is Status.APPLIED:
        assert found.answer == (
            "It is applied. When it was judged, these did ask: blast. It was approved by bo."
        )
    assert bool(found.people) is (status is Status.POLICY_CHECKED)


def test_what_is_not_known_is_listed() -> None:
    blind = change("aws_iam_policy.p", "create", after={}, after_unknown={"policy": True})
    run, verdicts = judged(blind)
    free = [{"address": "aws_x.a"}]
    kept = {**run.numbers, "cost": {"likely": None, "unpriced": free}}
    found = told(replace(run, numbers=kept), verdicts)
    assert found.unknown == (
        "what it costs",
        "the price of aws_x.a",
        "aws_iam_policy.p: its policy is known only after apply",
        "whether a cloud would accept it: the workspace is simulated",
    )


def test_an_increase_over_the_limit_names_the_limit() -> None:
    run, verdicts = judged(change("aws_vpc.a", "create", after={}))
    kept = {**run.numbers, "cost": {"likely": "250.00"}}
    dear = Verdict(Ruling.ASK, "cost", "may cost more than the limit")
    found = told(replace(run, numbers=kept), [dear, *verdicts])
    (point,) = found.gates[0].points
    assert point.term == "tiers.increase"
    assert point.says == "costs 250.00 USD a month more, and limits.increase is 100"


def test_a_run_from_before_terms_were_kept_is_explained_too() -> None:
    run, verdicts = judged(LOST)
    found = told(replace(run, numbers={}), verdicts)
    assert found.gates[0].points[0].ruling is Ruling.ASK

"""What the gate `sandbox` says."""

import pytest

from dihedral.domain.actor import Kind
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.ops.rules import confine

WHY = "user namespaces are switched off"


@pytest.mark.parametrize(
    ("way", "proposer", "unsandboxed", "ruling", "said"),
    [
        ("bubblewrap 0.8.0", Kind.PERSON, False, Ruling.ALLOW, "bubblewrap 0.8.0; no network"),
        ("bubblewrap 0.8.0", Kind.AGENT, True, Ruling.ALLOW, "bubblewrap 0.8.0; no network"),
        ("", Kind.AGENT, False, Ruling.DENY, WHY),
        ("", Kind.AGENT, True, Ruling.DENY, WHY),
        ("", Kind.PERSON, False, Ruling.DENY, "DIHEDRAL_UNSANDBOXED=1"),
        ("", Kind.PERSON, True, Ruling.ASK, f"without a sandbox, as {confine.SETTING} says: {WHY}"),
    ],
)  # fmt: skip
def test_only_a_person_with_the_explicit_setting_goes_without(
    way: str, proposer: Kind, unsandboxed: bool, ruling: Ruling, said: str
) -> None:
    verdict = confine.judge(way, WHY, proposer, "no network", unsandboxed=unsandboxed)
    assert (verdict.gate, verdict.ruling) == ("sandbox", ruling) and said in verdict.reason
    assert (ruling is Ruling.ALLOW) is (not verdict.findings)
    assert all("dihedral doctor" in finding.mend for finding in verdict.findings)


ALLOW, ASK, DENY = (Verdict(ruling, confine.GATE, "because") for ruling in Ruling)


@pytest.mark.parametrize(
    ("planned", "now", "why"),
    [
        ([ALLOW], ALLOW, ""),
        ([ASK], ALLOW, ""),
        ([ASK], ASK, ""),
        ([ALLOW], ASK, "it was planned in a sandbox"),
        ([], ASK, "it was planned in a sandbox"),
        ([Verdict(Ruling.ASK, "cost", "x")], ASK, "it was planned in a sandbox"),
        ([ASK], DENY, "because"),
    ],
)
def test_nobody_has_agreed_to_apply_without_what_it_was_planned_in(
    planned: list[Verdict], now: Verdict, why: str
) -> None:
    said = confine.fits(planned, now)
    assert why in said and bool(said) is bool(why)


def test_the_network_is_told_in_words() -> None:
    assert confine.network(["a.example"], simulated=True) == "no network"
    assert confine.network([], simulated=False) == "no network"
    assert confine.network(["a.example"], simulated=False) == "network to a.example only"

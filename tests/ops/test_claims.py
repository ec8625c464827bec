"""What our tokens say; and what a payload must say to be believed, once its signature is ours."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dihedral.domain.errors import Invalid, Nobody
from dihedral.domain.ids import ActorId, Digest, RunId, WorkspaceId
from dihedral.domain.run import Run
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules import claims
from dihedral.ops.rules.claims import Grant

ISSUER = "https://dihedral.example"
NOW = datetime(2030, 1, 1, 12, 0, 0, 700_000, tzinfo=UTC)
AT = 1893499200
GRANT = Grant(agent="scribe", instance="i7", person="ada", scope=("run.propose", "state.read"))
AGENT = "spiffe://dihedral.example/organization/default/agent/scribe"
BOSS = "spiffe://dihedral.example/organization/default/agent/boss/instance/b1"
RUN = Run(
    id=RunId("run-1"),
    workspace=WorkspaceId("ws-1"),
    proposer=ActorId("ada"),
    configuration=Digest("c" * 64),
    created_at=NOW,
)
SPACE = Workspace(id=WorkspaceId("ws-1"), name="billing", created_at=NOW)


def said(**over: Any) -> dict[str, Any]:
    return {**claims.of_agent(ISSUER, GRANT, "tok-1", NOW), **over}


def test_an_agent_acts_on_behalf_of_a_person() -> None:
    assert said() == {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "ada",
        "client_id": AGENT,
        "iat": AT,
        "nbf": AT,
        "exp": AT + 600,
        "jti": "tok-1",
        "organization": "default",
        "scope": "run.propose state.read",
        "act": {"sub": f"{AGENT}/instance/i7"},
    }


def test_an_agent_alone_acts_for_itself() -> None:
    alone = claims.of_agent(ISSUER, Grant(agent="scribe", instance="i7"), "tok-1", NOW)
    assert (alone["sub"], alone["act"]) == (AGENT, {"sub": f"{AGENT}/instance/i7"})
    assert claims.believed(alone, ISSUER, NOW).alone


def test_who_handed_the_work_on_stands_within_whoever_does_it() -> None:
    grant = Grant(agent="scribe", instance="i7", person="ada", via=(BOSS, f"{AGENT}/instance/i1"))
    made = claims.of_agent(ISSUER, grant, "tok-1", NOW)
    assert made["act"] == {
        "sub": f"{AGENT}/instance/i7",
        "act": {"sub": BOSS, "act": {"sub": f"{AGENT}/instance/i1"}},
    }
    found = claims.believed(made, ISSUER, NOW)
    assert (found.instance, found.via) == (f"{AGENT}/instance/i7", grant.via)


def test_what_is_believed_is_what_was_said() -> None:
    found = claims.believed(said(), ISSUER, NOW)
    assert (found.id, found.subject, found.agent) == ("tok-1", "ada", AGENT)
    assert found.scope == {"run.propose", "state.read"} and not found.alone
    assert found.expires_at - found.issued_at == timedelta(minutes=10)
    assert found.names == {"all", "tok-1", "ada", AGENT, f"{AGENT}/instance/i7"}


@pytest.mark.parametrize("phase", claims.PHASES)
def test_a_run_says_its_workspace_and_phase(phase: str) -> None:
    whole = claims.of_run(ISSUER, RUN, SPACE, phase, "acme")
    made = claims.addressed(whole, "sts.amazonaws.com", "tok-1", NOW)
    assert made == {
        "iss": ISSUER,
        "aud": "sts.amazonaws.com",
        "sub": f"organization:acme:workspace:billing:phase:{phase}",
        "iat": AT,
        "nbf": AT,
        "exp": AT + 600,
        "jti": "tok-1",
        "organization": "acme",
        "workspace": "billing",
        "workspace_id": "ws-1",
        "run_id": "run-1",
        "phase": phase,
        "proposer": "ada",
    }


@pytest.mark.parametrize(
    ("phase", "organization"),
    [("destroy", "acme"), ("", "acme"), ("apply", "a:workspace:b"), ("apply", ""), ("apply", "a*")],
)
def test_nothing_can_write_itself_into_a_subject(phase: str, organization: str) -> None:
    with pytest.raises(Invalid):
        claims.of_run(ISSUER, RUN, SPACE, phase, organization)


@pytest.mark.parametrize(
    "grant",
    [
        Grant(agent="a/b", instance="i"),
        Grant(agent="..", instance="i"),
        Grant(agent="a", instance="i/../j"),
        Grant(agent="", instance="i"),
        Grant(agent="a", instance="i", organization="o/agent/x"),
        Grant(agent="a", instance="i", person="spiffe://x/y"),
        Grant(agent="a", instance="i", person=""),
        Grant(agent="a", instance="i", scope=("two words",)),
        Grant(agent="a", instance="i", via=(BOSS,) * 4),
    ],
    ids=str,
)
def test_no_token_is_made_for_a_name_that_is_none(grant: Grant) -> None:
    with pytest.raises(Invalid):
        claims.of_agent(ISSUER, grant, "tok-1", NOW)


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda whole: {key: value for key, value in whole.items() if key != name}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://other.example"}, "of another issuer"),
    ({"iss": f"{ISSUER}/"}, "of another issuer"),
    ({"aud": "https://other.example"}, "for another audience"),
    ({"aud": [ISSUER]}, "does not say what it should"),
    ({"aud": ""}, "for another audience"),
    ({"exp": AT + 601}, "lives longer"),
    ({"exp": AT}, "lives longer"),
    ({"exp": AT - 600, "iat": AT - 1200, "nbf": AT - 1200}, "has expired"),
    ({"exp": AT - 30, "iat": AT - 630, "nbf": AT - 630}, "has expired"),
    ({"nbf": AT + 60}, "not valid yet"),
    ({"iat": AT + 60, "exp": AT + 660}, "not valid yet"),
    ({"iat": -1, "exp": 599}, "does not say what it should"),
    ({"exp": str(AT + 600)}, "does not say what it should"),
    ({"exp": AT + 600.5}, "does not say what it should"),
    ({"iat": True}, "does not say what it should"),
    ({"exp": None}, "does not say what it should"),
    ({"exp": 10**400, "iat": 10**400 - 600}, "does not say what it should"),
    ({"jti": ""}, "names no instance"),
    ({"jti": 7}, "does not say what it should"),
    ({"sub": "a b"}, "acts for somebody who is nobody"),
    ({"sub": ""}, "acts for somebody who is nobody"),
    ({"sub": BOSS.partition("/instance")[0]}, "acts for somebody who is nobody"),
    ({"act": {"sub": AGENT}}, "names no instance"),
    ({"act": {}}, "does not say what it should"),
    ({"act": {"sub": BOSS}}, "of one agent and acts as another"),
    ({"act": {"sub": f"{AGENT}/instance/i", "role": "admin"}}, "does not say what it should"),
    ({"client_id": "spiffe://evil.example/agent/scribe"}, "of one agent and acts as another"),
    ({"organization": "acme"}, "of one agent and acts as another"),
    ({"role": "administrator"}, "does not say what it should"),
    ({"scope": ["run.propose"]}, "does not say what it should"),
]


@pytest.mark.parametrize(("over", "why"), WRONG, ids=lambda x: str(x)[:60])
def test_a_token_that_says_something_else_is_refused_and_told_why(
    over: dict[str, Any], why: str
) -> None:
    with pytest.raises(Nobody, match=why):
        claims.believed(said(**over), ISSUER, NOW)


@pytest.mark.parametrize("name", sorted(said()))
def test_nothing_may_be_left_out(name: str) -> None:
    with pytest.raises(Nobody):
        claims.believed(without(name)(said()), ISSUER, NOW)


def test_clocks_may_differ_a_little() -> None:
    late = timedelta(minutes=10, seconds=29)
    assert claims.believed(said(), ISSUER, NOW + late).id == "tok-1"
    assert claims.believed(said(), ISSUER, NOW - timedelta(seconds=29)).id == "tok-1"
    with pytest.raises(Nobody):
        claims.believed(said(), ISSUER, NOW + late + timedelta(seconds=1))
    with pytest.raises(Nobody):
        claims.believed(said(), ISSUER, NOW - timedelta(seconds=32))


@pytest.mark.parametrize(
    ("issuer", "domain"),
    [
        ("https://Dihedral.Example:8443/x", "dihedral.example"),
        ("http://127.0.0.1:7370", "127.0.0.1"),
        ("http://[::1]:7370", "localhost"),
    ],
)
def test_the_trust_domain_is_the_host_of_the_issuer(issuer: str, domain: str) -> None:
    assert claims.domain(issuer) == domain

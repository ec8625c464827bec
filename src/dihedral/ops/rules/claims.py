"""What our tokens say, and what one must say to be believed.

Shape   of an agent:  {iss, aud, sub, iat, nbf, exp, jti, client_id, organization, scope, act}
        of a run:     {iss, aud, sub, iat, nbf, exp, jti, organization, workspace, workspace_id,
                       run_id, phase, proposer}
        `sub` of an agent's is the person whom it acts for; `act` is the agent's instance, and
        within it whoever handed the work on. A run's is a text that a cloud's condition may match.
Units   seconds since 1970, whole.
Source  RFC 7519, RFC 8693 §4.1, RFC 9068; spiffe.io/docs, SPIFFE-ID §2 for the names. The workspace
        tokens are modelled on those of HCP Terraform (workload-identity-tokens).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from dihedral.domain.errors import Invalid, Nobody
from dihedral.domain.run import Run
from dihedral.domain.token import ORGANIZATION, Credential
from dihedral.domain.workspace import Workspace

LIFE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=30)  # that clocks may differ
CHAIN = 4  # agents that may hand work on to one another
PHASES = ("plan", "apply")
OURS, THEIRS = "at+jwt", "JWT"  # the types of an agent's token and of a run's
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,90}")
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")  # RFC 6749 §3.3


_Instant = Annotated[int, Meta(ge=0, le=1 << 40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an agent's token is made for: `agent` and `instance` are names, `person` whoever it
    acts for; `via` are SPIFFE ids of instances that handed the work on, the last one first."""

    agent: str
    instance: str
    person: str | None = None
    scope: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    organization: str = ORGANIZATION


class _Act(msgspec.Struct, forbid_unknown_fields=True):
    sub: str
    act: "_Act | None" = None


class _Said(msgspec.Struct, forbid_unknown_fields=True):
    iss: str
    aud: str
    sub: str
    iat: _Instant
    nbf: _Instant
    exp: _Instant
    jti: str
    client_id: str
    organization: str
    scope: str
    act: _Act


def domain(issuer: str) -> str:
    """The trust domain: the issuer's host."""
    host = urlsplit(issuer).hostname or ""
    return "localhost" if ":" in host or not host else host


def spiffe(issuer: str, organization: str, agent: str, instance: str = "") -> str:
    """The id of an agent, or of one of its instances. Raises Invalid for a name that is none."""
    for name in (organization, agent, *([instance] if instance else [])):
        if not _SEGMENT.fullmatch(name) or name in (".", ".."):
            raise Invalid(f"{name!r} cannot stand in a token: use letters, digits, . _ and -")
    whole = f"spiffe://{domain(issuer)}/organization/{organization}/agent/{agent}"
    return f"{whole}/instance/{instance}" if instance else whole


def of_agent(issuer: str, grant: Grant, jti: str, now: datetime) -> dict[str, Any]:
    """Raises Invalid for what no token may say."""
    agent = spiffe(issuer, grant.organization, grant.agent)
    if grant.person is not None and not _SUBJECT.fullmatch(grant.person):
        raise Invalid(f"{grant.person!r} is nobody's name")
    if not all(map(_SCOPE.fullmatch, grant.scope)):
        raise Invalid("a scope is a word without spaces, quotes and backslashes")
    if len(grant.via) >= CHAIN:
        raise Invalid(f"the work was handed on {len(grant.via)} times; {CHAIN - 1} is the most")
    act: dict[str, Any] = {}
    for name in reversed(grant.via):
        act = {"sub": name, **({"act": act} if act else {})}
    instance = spiffe(issuer, grant.organization, grant.agent, grant.instance)
    return {
        **_times(issuer, issuer, jti, now),
        "sub": grant.person or agent,
        "client_id": agent,
        "organization": grant.organization,
        "scope": " ".join(dict.fromkeys(grant.scope)),
        "act": {"sub": instance, **({"act": act} if act else {})},
    }


def of_run(
    issuer: str, run: Run, workspace: Workspace, phase: str, organization: str
) -> dict[str, Any]:
    """All but for whom and when (`addressed`). Raises Invalid for a phase or name that is none."""
    if phase not in PHASES or not _SEGMENT.fullmatch(organization):
        raise Invalid(f"{phase!r} of {organization!r} is nothing that a token is made for")
    whole = f"organization:{organization}:workspace:{workspace.name}:phase:{phase}"
    return {
        "iss": issuer,
        "sub": whole,
        "organization": organization,
        "workspace": workspace.name,
        "workspace_id": workspace.id,
        "run_id": run.id,
        "phase": phase,
        "proposer": run.proposer,
    }


def addressed(said: Mapping[str, Any], audience: str, jti: str, now: datetime) -> dict[str, Any]:
    """The claims of a token for that audience."""
    return {**said, **_times(said["iss"], audience, jti, now)}


def believed(said: Mapping[str, Any], issuer: str, now: datetime) -> Credential:
    """An agent's token whose signature is ours. Raises Nobody, and says what is wrong with it."""
    try:
        told = msgspec.convert(said, _Said)
    except msgspec.ValidationError as cause:
        raise Nobody(f"the token does not say what it should: {cause}") from None
    if told.iss != issuer:
        raise Nobody("the token is of another issuer")
    if told.aud != issuer:
        raise Nobody("the token is for another audience")
    _timely(told, now)
    names = _names(told.act)
    if not told.jti or len(names) > CHAIN or "/instance/" not in names[0]:
        raise Nobody("the token names no instance of an agent that could act")
    agent = names[0].partition("/instance/")[0]
    home = f"spiffe://{domain(issuer)}/organization/{told.organization}/agent/"
    if told.client_id != agent or not agent.startswith(home):
        raise Nobody("the token is of one agent and acts as another")
    if told.sub != agent and not _SUBJECT.fullmatch(told.sub):
        raise Nobody("the token acts for somebody who is nobody")
    return Credential(
        id=told.jti,
        subject=told.sub,
        agent=agent,
        instance=names[0],
        organization=told.organization,
        scope=frozenset(told.scope.split()),
        issued_at=datetime.fromtimestamp(told.iat, UTC),
        expires_at=datetime.fromtimestamp(told.exp, UTC),
        via=names[1:],
    )


def _times(issuer: str, audience: str, jti: str, now: datetime) -> dict[str, Any]:
    at = int(now.timestamp())
    span = int(LIFE.total_seconds())
    return {"iss": issuer, "aud": audience, "iat": at, "nbf": at, "exp": at + span, "jti": jti}


def _timely(told: _Said, now: datetime) -> None:
    at, slack = now.timestamp(), LEEWAY.total_seconds()
    if not 0 < told.exp - told.iat <= LIFE.total_seconds():
        raise Nobody("the token lives longer than any that we make")
    if at >= told.exp + slack:
        raise Nobody("the token has expired; get a new one")
    if max(told.nbf, told.iat) > at + slack:
        raise Nobody("the token is not valid yet; see that the clocks agree")


def _names(act: _Act) -> tuple[str, ...]:
    found: list[str] = []
    here: _Act | None = act
    while here is not None:
        found.append(here.sub)
        here = here.act
    return tuple(found)

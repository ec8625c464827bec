"""What an agent's file becomes: a version that is held, the spec of a turn, an actor; and what is
said when one is applied."""

import difflib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.agent import Agent
from dihedral.domain.agentspec import AgentSpec, Prompt
from dihedral.domain.ids import ActorId, Digest, OrganizationId
from dihedral.model.rules import agentfile
from dihedral.model.rules.agentfile import AgentFile
from dihedral.model.store.specs import Version


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    AGAIN = "again"  # an older version holds again


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """`difference`, between the files, is for people, and so is `granted`: what the agent may from
    now on, empty where it may that already."""

    name: str
    outcome: Outcome
    version: int
    digest: Digest
    difference: tuple[str, ...]
    granted: str


@dataclass(frozen=True, slots=True)
class Held:
    """A version and what its file says."""

    version: Version
    file: AgentFile


def digest(file: AgentFile) -> Digest:
    return agentfile.digest(agentfile.packed(file))


def actor(file: AgentFile, organization: OrganizationId, now: datetime) -> Agent:
    return Agent(
        organization=organization,
        name=file.name,
        owner=ActorId(file.owner),
        purpose=file.purpose,
        tools=file.tools,
        limits=file.limits,
        created_at=now,
    )


def said(
    outcome: Outcome, kept: Version, was: AgentFile | None, now: AgentFile, granted: str
) -> Applied:
    """`was` held until `now`."""
    before = agentfile.show(was).splitlines() if was else []
    after = agentfile.show(now).splitlines()
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:] if was != now else []
    return Applied(
        name=kept.name,
        outcome=outcome,
        version=kept.version,
        digest=kept.digest,
        difference=tuple(lines),
        granted=granted,
    )


def spec(held: Held) -> AgentSpec:
    file, version = held.file, held.version
    return AgentSpec(
        organization=version.organization,
        name=version.name,
        version=version.version,
        digest=version.digest,
        purpose=file.purpose,
        prompt=_prompt("prompt", file.prompt),
        needs=file.needs,
        tools=file.tools,
        delegates=file.delegates,
        knowledge=tuple(_prompt(name, text) for name, text in file.knowledge),
        limits=file.turn,
        applied_by=version.applied_by,
        applied_at=version.applied_at,
    )


def _prompt(name: str, text: str) -> Prompt:
    return Prompt(name, text, agentfile.digest(text.encode()))

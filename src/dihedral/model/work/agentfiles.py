"""Agents' files (a stand-in: the branch of that name has the real ones)."""

from datetime import UTC, datetime

from dihedral.domain.agentspec import AgentSpec, Prompt
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, OrganizationId
from dihedral.domain.model import Needs
from dihedral.kit.db import Db

_TOOLS = {
    "supervisor": ("ask_reflex", "list_workspaces", "read_workspace", "read_run", "list_runs"),
    "infrastructure": (
        "list_workspaces", "read_workspace", "read_configuration", "list_blueprints",
        "fill_blueprint", "propose_blueprint", "write_draft", "read_draft", "validate_draft",
        "plan_draft", "propose", "read_run", "find_resource_types", "describe_resource_type",
    ),
}  # fmt: skip
_MODELS = {"supervisor": "large", "infrastructure": "small"}


async def current(db: Db, organization: OrganizationId, name: str) -> AgentSpec:
    """Raises NotFound."""
    return await version(db, organization, name, 1)


async def version(db: Db, organization: OrganizationId, name: str, number: int) -> AgentSpec:
    """Raises NotFound."""
    if name not in _TOOLS:
        raise NotFound("agent", name)
    return AgentSpec(
        organization=organization,
        name=name,
        version=number,
        digest=Digest("0" * 64),
        purpose=name,
        prompt=Prompt(name, f"You are the {name} agent.", Digest("0" * 64)),
        needs=Needs(model=_MODELS[name]),
        tools=_TOOLS[name],
        delegates=("infrastructure",) if name == "supervisor" else (),
        applied_by=ActorId("system"),
        applied_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

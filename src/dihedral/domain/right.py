"""Rights: what may be done, where, and who was given it. Pure data; `ops.rules.access` decides."""

from dataclasses import dataclass
from enum import StrEnum

from dihedral.domain.ids import OrganizationId, ProjectId, WorkspaceId


class Role(StrEnum):
    """Each may do all that those before it may."""

    VIEWER = "viewer"  # reads
    PROPOSER = "proposer"  # asks, proposes, and stops what is its own
    APPROVER = "approver"  # says yes and no to what others propose
    OPERATOR = "operator"  # variables, locks, states, settings
    ADMINISTRATOR = "administrator"  # terms, policies, people, agents


class Action(StrEnum):
    """What somebody may do. Where an act is audited it has the same name."""

    AGENT_READ = "agent.read"
    AGENT_SET = "agent.set"
    AUDIT_READ = "audit.read"
    BLUEPRINT_READ = "blueprint.read"
    CONVERSATION_OVERSEE = "conversation.oversee"  # those of others
    CONVERSATION_READ = "conversation.read"
    CONVERSATION_SAY = "conversation.say"
    ESCALATION_CLOSE = "escalation.close"
    ESCALATION_READ = "escalation.read"  # of all, in the whole organization
    BUDGET_READ = "budget.read"
    BUDGET_SET = "budget.set"
    GRANT_READ = "grant.read"
    GRANT_SET = "grant.set"
    KEY_ROTATE = "key.rotate"
    METRICS_READ = "metrics.read"
    MODEL_READ = "model.read"
    MODEL_SET = "model.set"
    ORGANIZATION_CREATE = "organization.create"
    ORGANIZATION_READ = "organization.read"
    PERSON_READ = "person.read"
    PERSON_SET = "person.set"
    POLICY_READ = "policy.read"
    POLICY_SET = "policy.set"
    PROJECT_CREATE = "project.create"
    PROJECT_READ = "project.read"
    REFLEX_READ = "reflex.read"
    REFLEX_TEACH = "reflex.teach"
    REPOSITORY_READ = "repository.read"  # whole files, as they were proposed
    REQUEST_ASK = "request.ask"
    REQUEST_READ = "request.read"
    RUN_APPROVE = "run.approve"
    RUN_CANCEL = "run.cancel"
    RUN_COMMENT = "run.comment"
    RUN_DISCARD = "run.discard"
    RUN_PROPOSE = "run.propose"
    RUN_READ = "run.read"
    RUN_REPLAN = "run.replan"
    RUN_WITHDRAW = "run.withdraw"
    SELF = "account.own"  # one's own sessions, tokens and password
    SPEND_READ = "spend.read"
    STATE_READ = "state.read"  # outputs, addresses and versions, with no secret in them
    STATE_DOWNLOAD = "state.download"  # Terraform's own file, secrets and all
    STATE_ROLLBACK = "state.rollback"
    TERMS_READ = "terms.read"
    TERMS_SET = "terms.set"
    TOKEN_MINT = "token.mint"  # noqa: S105
    VARIABLE_READ = "variable.read"
    VARIABLE_SET = "variable.set"
    WORKSPACE_CREATE = "workspace.create"
    WORKSPACE_DELETE = "workspace.delete"
    WORKSPACE_LOCK = "workspace.lock"
    WORKSPACE_READ = "workspace.read"
    WORKSPACE_UNLOCK = "workspace.unlock"
    WORKSPACE_UPDATE = "workspace.update"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: in an organization, in a project of it, in a workspace of that."""

    organization: OrganizationId
    project: ProjectId | None = None
    workspace: WorkspaceId | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """A place as people name it: the whole organization, or a project or workspace of it."""

    project: str = ""
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a place and in all that is in it."""

    role: Role
    place: Place


Grants = tuple[Grant, ...]

"""A workspace: a state of its own, the variables it is planned with, and who holds it."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dihedral.domain.actor import HOME
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import (
    ActorId,
    Digest,
    OrganizationId,
    ProjectId,
    RunId,
    StateVersionId,
    VariableId,
    WorkspaceId,
)
from dihedral.domain.money import Money
from dihedral.domain.person import person_id
from dihedral.domain.right import Place
from dihedral.domain.run import Fact, Status

PROJECT = ProjectId("prj-default")  # the one that HOME begins with
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,89}")
_DIRECTORY = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z0-9.]+)?")
SCENARIO = "DIHEDRAL_SCENARIO"  # what the simulator is to play in this workspace, as JSON
TEAM = "team:"  # how an owner begins that is no person; of teams the server knows nothing
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")


class Hold(StrEnum):
    """Why a workspace is locked."""

    PERSON = "person"  # until that person, or another, unlocks it
    MEND = "mend"  # an apply was lost: until a person unlocks it or approves a clean re-plan


@dataclass(frozen=True, slots=True)
class Lock:
    kind: Hold
    by: ActorId
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """`tool_version` empty means whatever is on the PATH. `apply_limit` bounds one apply. `terms`
    is the document of what may pass here (`ops.rules.terms`); empty: the server's. `owner` is
    who answers for it, a person or `team:NAME`; empty: nobody. It gives nobody a right."""

    id: WorkspaceId
    name: str
    created_at: datetime
    organization: OrganizationId = HOME
    project: ProjectId = PROJECT
    description: str = ""
    owner: str = ""
    tool: str = "terraform"
    tool_version: str = ""
    working_directory: str = ""
    simulated: bool = True
    auto_apply: bool = False
    apply_limit: timedelta = timedelta(hours=1)
    terms: str = ""
    lock: Lock | None = None

    @property
    def place(self) -> Place:
        return Place(self.organization, self.project, self.id)


class Category(StrEnum):
    TERRAFORM = "terraform"
    ENV = "env"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """`value` is None where a sensitive one is shown: it is written, and never read back."""

    id: VariableId
    workspace: WorkspaceId
    key: str
    category: Category = Category.TERRAFORM
    hcl: bool = False
    sensitive: bool = False
    description: str = ""
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateVersion:
    """`content` is the digest of Terraform's own state file; `resources` counts instances."""

    id: StateVersionId
    workspace: WorkspaceId
    lineage: str
    serial: int
    content: Digest
    resources: int
    run: RunId | None
    actor: ActorId
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a workspace does: `monthly` is what the last applied change left it costing, None where
    nothing is known, and not all of it where it is not `whole`; `drift_at` is when a plan last
    compared it with what is really there. It is `owned` where its owner is a team, or a person who
    still may come in."""

    resources: int
    run: RunId | None
    status: Status | None
    ended: Fact | None
    run_at: datetime | None
    monthly: Money | None
    whole: bool
    drift_at: datetime | None
    drifted: int
    owned: bool


def check(workspace: Workspace) -> None:
    """Raises Invalid, naming the field, when one could not be stored or run."""
    if not NAME.fullmatch(workspace.name):
        raise Invalid(
            f"{workspace.name!r} is not a workspace name: use lower-case letters, digits, - and _,"
            " beginning with a letter or digit, 90 at most"
        )
    check_owner(workspace.owner)
    if workspace.tool not in ("terraform", "tofu"):
        raise Invalid(f"tool is {workspace.tool!r}; it is terraform or tofu")
    if workspace.tool_version and not _VERSION.fullmatch(workspace.tool_version):
        raise Invalid(f"tool_version is {workspace.tool_version!r}; write it like 1.11.4")
    where = workspace.working_directory
    if where and (not _DIRECTORY.fullmatch(where) or ".." in where.split("/")):
        raise Invalid(f"working_directory is {where!r}; it is a path inside the configuration")
    if not timedelta(seconds=1) <= workspace.apply_limit <= timedelta(days=1):
        raise Invalid("apply_limit is between one second and one day")


def check_owner(owner: str) -> None:
    """Raises Invalid for what names neither a person nor a team, and is not empty."""
    team = owner.removeprefix(TEAM)
    if owner.startswith(TEAM):
        if team != team.strip() or not 1 <= len(team) <= 64 or not team.isprintable():
            raise Invalid(
                f"{owner!r} names no team: {TEAM} and 64 characters at most, all of which print"
            )
    elif owner:
        try:
            person_id(owner)
        except Invalid as cause:
            raise Invalid(f"{cause}; a team is written {TEAM}NAME") from cause


def check_key(key: str, category: Category) -> None:
    """Raises Invalid for a variable that Terraform or the process's environment would not take."""
    if not _KEY.fullmatch(key):
        raise Invalid(f"{key!r} is not a variable's name: use letters, digits, _ and -")
    ours = key.startswith(("TF_", "LD_", "DYLD_", "DIHEDRAL_")) and key != SCENARIO
    if category is Category.ENV and ours:
        raise Invalid(f"{key} is set by Dihedral itself and cannot be a workspace's variable")


def demand_unlocked(workspace: Workspace) -> None:
    """Raises Conflict while a person holds the workspace."""
    lock = workspace.lock
    if lock and lock.kind is Hold.PERSON:
        why = lock.reason or "no reason given"
        raise Conflict(
            f"workspace {workspace.name} is locked by {lock.by}: {why};"
            f" unlock it with `dihedral workspace unlock {workspace.name}`"
        )

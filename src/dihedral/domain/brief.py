"""What the ops plane tells the model plane: in brief, and with nothing sensitive in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dihedral.domain.diagnostic import Diagnostic, Severity
from dihedral.domain.ids import RunId, WorkspaceId
from dihedral.domain.run import Status
from dihedral.domain.verdict import Ruling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A run. `judged`: its gates have spoken, or it came to its end before. `line` is what it is
    now, with its numbers; `text` what it would do and what the gates say, the worst first. `denied`
    is for whoever may mend it: a gate, or Terraform, did not let it pass."""

    run: RunId
    workspace: str
    status: Status
    created_at: datetime
    message: str
    judged: bool
    over: bool
    denied: bool
    line: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """A workspace and what is in it. `held` says who holds it locked, and why; `project` is where
    it is, and whose money is spent for it."""

    id: WorkspaceId
    name: str
    project: str
    description: str
    simulated: bool
    held: str = ""
    addresses: tuple[str, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Files that were tried out. `stopped` says why Terraform could not be asked at all."""

    guard: Verdict
    diagnostics: tuple[Diagnostic, ...] = ()
    stopped: str = ""

    @property
    def passed(self) -> bool:
        errors = any(d.severity is Severity.ERROR for d in self.diagnostics)
        return self.guard.ruling is not Ruling.DENY and not errors and not self.stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`path` has a dot for each block around it; `of` is a type, or how often a block may come."""

    path: str
    of: str
    required: bool
    computed: bool
    sensitive: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type or data source of a provider."""

    name: str
    provider: str
    attributes: tuple[Attribute, ...]

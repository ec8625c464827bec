"""The whole story of a run in one JSON document: what led to it, what was planned and judged, who
said yes to exactly what, what was done, and the digest of everything that was looked at.

It holds no value of any resource: those stay in the sealed artefacts that its digests name. It is
kept signed (`kit.dsse`), and `rules.proof` says whether one contradicts itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dihedral.domain.approval import Approval
from dihedral.domain.audit import Head
from dihedral.domain.run import Run
from dihedral.domain.verdict import Verdict
from dihedral.domain.workspace import StateVersion, Workspace
from dihedral.kit.dsse import key_id

FORMAT = "dihedral.evidence/2"
TYPE = "application/vnd.dihedral.evidence+json"
SIMULATED = (
    "This workspace is simulated: the run shows what Terraform would do, not what a cloud would"
    " accept."
)
# fmt: off
RUN = (
    "id", "status", "reason", "proposer", "source", "message", "request", "plan_only", "destroy",
    "refresh_only", "created_at", "tool", "approvers", "on_behalf_of", "replans", "ended",
)
ARTEFACTS = (
    "configuration", "plan_file", "plan_json", "lock_file", "base_state", "effect",
)
WORKSPACE = ("id", "name", "simulated", "tool", "tool_version", "working_directory")
STATE = ("id", "serial", "lineage", "content", "resources")
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that is known of a run that is over. `head` is the audit log's, before its end
    was told; `public` is the half of the signing key that anyone may have."""

    run: Run
    workspace: Workspace
    verdicts: Sequence[Verdict]
    history: Sequence[Mapping[str, Any]]
    approvals: Sequence[Approval]
    states: Sequence[StateVersion]
    head: Head
    public: bytes


def compose(account: Account) -> bytes:
    """UTF-8 JSON, keys in order, so that equal stories have an equal digest."""
    run, workspace = account.run, account.workspace
    story = {
        "format": FORMAT,
        "run": {name: getattr(run, name) for name in RUN},
        "origin": run.origin,
        "workspace": {name: getattr(workspace, name) for name in WORKSPACE},
        "artefacts": {name: getattr(run, name) for name in ARTEFACTS},
        "plan": run.summary,
        "verdicts": [asdict(v) for v in account.verdicts],
        "approvals": [_approval(a) for a in account.approvals],
        "facts": list(account.history),
        "state_versions": [{name: getattr(s, name) for name in STATE} for s in account.states],
        "numbers": {"speed": run.speed, **run.numbers},
        "audit": asdict(account.head),
        "signer": {"id": key_id(account.public), "ed25519": account.public.hex()},
        "note": SIMULATED if workspace.simulated else "",
    }
    return msgspec.json.encode(story, enc_hook=plain, order="sorted")


def _approval(approval: Approval) -> dict[str, Any]:
    return {k: v for k, v in asdict(approval).items() if k != "seal"}


def plain(value: object) -> object:
    """Instants and spans as JSON has them."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(type(value))

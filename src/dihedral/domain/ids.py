"""Names for things. An id says what it names, to a reader (its prefix) and to mypy (its type).

Shape   a prefix, a hyphen, letters and digits: `run-k3v9…`, as HCP Terraform writes them.
"""

import re
from typing import NewType, TypeVar

from dihedral.domain.errors import Invalid

ActorId = NewType("ActorId", str)
OrganizationId = NewType("OrganizationId", str)
ProjectId = NewType("ProjectId", str)
TokenId = NewType("TokenId", str)
SessionId = NewType("SessionId", str)
InstanceId = NewType("InstanceId", str)
RunId = NewType("RunId", str)
WorkspaceId = NewType("WorkspaceId", str)
VariableId = NewType("VariableId", str)
StateVersionId = NewType("StateVersionId", str)
RequestId = NewType("RequestId", str)
ApprovalId = NewType("ApprovalId", str)
CommentId = NewType("CommentId", str)
ConversationId = NewType("ConversationId", str)
EscalationId = NewType("EscalationId", str)
TurnId = NewType("TurnId", str)
EndpointId = NewType("EndpointId", str)
BudgetId = NewType("BudgetId", str)
ReservationId = NewType("ReservationId", str)
Digest = NewType("Digest", str)  # lower-case hexadecimal SHA-256

PREFIX: dict[object, str] = {
    RunId: "run",
    WorkspaceId: "ws",
    VariableId: "var",
    StateVersionId: "sv",
    RequestId: "req",
    ApprovalId: "apv",
    CommentId: "cmt",
    OrganizationId: "org",
    ProjectId: "prj",
    TokenId: "at",
    SessionId: "ses",
    InstanceId: "ai",
    ConversationId: "cv",
    EscalationId: "esc",
    TurnId: "turn",
    EndpointId: "ep",
    BudgetId: "bdg",
    ReservationId: "rsv",
}
_ID = re.compile(r"([a-z]+)-[A-Za-z0-9]{1,32}")

T = TypeVar("T", bound=str)


def parse(kind: type[T], text: str) -> T:
    """`text` as an id of that kind, e.g. `parse(RunId, "run-k3v9")`. Raises Invalid."""
    found = _ID.fullmatch(text)
    if not found or found[1] != PREFIX[kind]:
        raise Invalid(f"{text!r} is not a {PREFIX[kind]} id")
    return kind(text)

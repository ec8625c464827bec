"""What a run and an approval are sealed over (docs/adr/0006).

Shape   one canonical JSON list; the store keeps an authentication tag made over it.
"""

import msgspec

from dihedral.domain.approval import Approval
from dihedral.domain.run import Run


def of_run(run: Run) -> bytes:
    """Everything that ties the plan file to what was judged."""
    return msgspec.json.encode(
        [
            "run",
            run.id,
            run.workspace,
            run.proposer,
            run.on_behalf_of,
            run.configuration,
            run.inputs,
            run.plan_file,
            run.plan_json,
            run.lock_file,
            run.effect,
            run.base_state,
            run.approvers,
        ]
    )


def of_approval(approval: Approval) -> bytes:
    """All of it but what becomes of it."""
    return msgspec.json.encode(
        [
            "approval",
            approval.id,
            approval.run,
            approval.workspace,
            approval.configuration,
            approval.inputs,
            approval.effect,
            approval.base_state,
            approval.approver,
            approval.how,
            approval.at.timestamp(),
            approval.comment,
            approval.channel,
            approval.overrides,
            approval.expires_at and approval.expires_at.timestamp(),
            approval.carried_from,
        ]
    )

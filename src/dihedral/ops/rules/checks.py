"""What a plan says beside its changes: checks, and actions of providers that it would run."""

from collections.abc import Iterator

from dihedral.domain.change import Check, Invocation
from dihedral.ops.rules.planjson import Document, Trigger


def of(document: Document) -> Iterator[Check]:
    """Every check of a plan; before Terraform 1.3 they were a list of conditions."""
    for check in document.checks or ():
        told = (p.message for i in check.instances or () for p in i.problems or ())
        messages = tuple(dict.fromkeys(filter(None, told)))
        yield Check(check.address.to_display, check.status, check.address.kind, messages)
    for one in document.condition_results or ():
        status = "unknown" if one.unknown else "pass" if one.result else "fail"
        messages = (one.error_message,) if one.error_message else ()
        yield Check(one.address, status, one.condition_type, messages)


def invocations(document: Document) -> Iterator[Invocation]:
    """The actions of providers that the apply would run, then those that wait."""
    waiting = document.deferred_action_invocations or ()
    runs = [(one, "") for one in document.action_invocations or ()]
    runs += [(d.action_invocation, d.reason or "later") for d in waiting if d.action_invocation]
    for one, deferred in runs:
        trigger = one.lifecycle_action_trigger or Trigger()
        yield Invocation(
            address=one.address,
            type=one.type,
            provider=one.provider_name,
            values=one.config_values,
            unknown=one.config_unknown,
            sensitive=one.config_sensitive,
            by=trigger.triggering_resource_address,
            event=trigger.action_trigger_event,
            deferred=deferred,
        )

"""Terraform's plan JSON as it is written, typed; `rules.plan` makes our own `Plan` of it.

Shape   only what a gate needs is named here. What Terraform writes as null is None. The values of
        a state stay as bytes until somebody asks for them: few do, and they are half of a plan.
Source  developer.hashicorp.com/terraform/internals/json-format, formats 0.1 to 1.2; OpenTofu
        writes the same. HCP Terraform's redacted form has `plan_format_version` instead.
"""

from typing import Any

import msgspec
from msgspec import Raw, field

from dihedral.domain.errors import Invalid

HOW = "make it with `terraform show -json PLAN`"


class Struct(msgspec.Struct, gc=False):  # nothing here can form a ring
    """One object of the document."""


class Importing(Struct):
    id: str | None = None
    identity: Any = None


class Delta(Struct):
    actions: tuple[str, ...]
    before: Any = None
    after: Any = None
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    replace_paths: tuple[tuple[str | int | float, ...], ...] | None = None
    importing: Importing | None = None
    before_identity: Any = None
    after_identity: Any = None
    generated_config: str = ""


class ResourceChange(Struct):
    address: str
    type: str
    change: Delta
    mode: str = "managed"
    provider_name: str = ""
    module_address: str = ""
    previous_address: str = ""
    action_reason: str = ""
    deposed: str = ""


class Deferred(Struct):
    resource_change: ResourceChange | None = None
    reason: str = ""


class Checked(Struct):
    to_display: str = ""
    kind: str = ""


class Problem(Struct):
    message: str = ""


class CheckInstance(Struct):
    status: str
    address: Checked = field(default_factory=Checked)
    problems: tuple[Problem, ...] | None = None


class Check(Struct):
    address: Checked
    status: str
    instances: tuple[CheckInstance, ...] | None = None


class Condition(Struct):  # before checks had a list of their own (Terraform 1.2)
    address: str
    result: bool = True
    unknown: bool = False
    condition_type: str = ""
    error_message: str = ""


class Trigger(Struct):
    triggering_resource_address: str = ""
    action_trigger_event: str = ""


class Invocation(Struct):
    address: str
    type: str = ""
    provider_name: str = ""
    config_values: Any = None
    config_sensitive: Any = None
    config_unknown: Any = None
    lifecycle_action_trigger: Trigger | None = None


class DeferredInvocation(Struct):
    reason: str = ""
    action_invocation: Invocation | None = None


class Relevant(Struct):
    resource: str
    attribute: tuple[str | int | float, ...] | None = None


class Variable(Struct):
    value: Any = None


class StateResource(Struct):
    address: str
    mode: str = "managed"
    depends_on: tuple[str, ...] | None = None
    values: Raw = Raw(b"null")
    sensitive_values: Any = None


class StateModule(Struct):
    resources: tuple[StateResource, ...] | None = None
    child_modules: "tuple[StateModule, ...] | None" = None
    address: str = ""


class StateOutput(Struct):
    value: Any = None
    sensitive: bool = False


class StateValues(Struct):
    outputs: dict[str, StateOutput] | None = None
    root_module: StateModule = field(default_factory=StateModule)


class State(Struct):
    values: StateValues | None = None


class Provisioner(Struct):
    type: str
    expressions: Any = None


class Resource(Struct):
    address: str
    type: str = ""
    mode: str = "managed"
    provider_config_key: str = ""
    expressions: Any = None
    count_expression: Any = None
    for_each_expression: Any = None
    depends_on: tuple[str, ...] | None = None
    provisioners: tuple[Provisioner, ...] | None = None


class VariableConfig(Struct):
    default: Any = None
    sensitive: bool = False
    ephemeral: bool = False


class OutputConfig(Struct):
    sensitive: bool = False
    expression: Any = None
    depends_on: tuple[str, ...] | None = None


class Module(Struct):
    resources: tuple[Resource, ...] | None = None
    module_calls: "dict[str, Call] | None" = None
    outputs: dict[str, OutputConfig] | None = None
    variables: dict[str, VariableConfig] | None = None


class Call(Struct):
    source: str = ""
    module: Module | None = None
    expressions: Any = None
    count_expression: Any = None
    for_each_expression: Any = None
    depends_on: tuple[str, ...] | None = None


class Provider(Struct):
    name: str = ""
    full_name: str = ""
    module_address: str = ""
    expressions: Any = None


class Configuration(Struct):
    root_module: Module = field(default_factory=Module)
    provider_config: dict[str, Provider] | None = None


class Document(Struct):
    format_version: str | None = None
    plan_format_version: str | None = None
    terraform_version: str = ""
    resource_changes: tuple[ResourceChange, ...] | None = None
    resource_drift: tuple[ResourceChange, ...] | None = None
    deferred_changes: tuple[Deferred, ...] | None = None
    output_changes: dict[str, Delta] | None = None
    planned_values: StateValues | None = None
    prior_state: State | None = None
    configuration: Configuration | None = None
    variables: dict[str, Variable] | None = None
    checks: tuple[Check, ...] | None = None
    condition_results: tuple[Condition, ...] | None = None
    action_invocations: tuple[Invocation, ...] | None = None
    deferred_action_invocations: tuple[DeferredInvocation, ...] | None = None
    relevant_attributes: tuple[Relevant, ...] | None = None
    timestamp: str = ""
    errored: bool = False
    complete: bool = True
    applyable: bool | None = None  # None where the writer is too old to say


_DECODER = msgspec.json.Decoder(Document)


def read(text: bytes) -> Document:
    """The document of a plan's JSON, which every gate can share. Raises Invalid."""
    if text.startswith(b"PK\x03\x04"):
        raise Invalid(f"this is a plan file, and its JSON is needed: {HOW}")
    try:
        document = _DECODER.decode(text)
    except msgspec.ValidationError as cause:
        raise Invalid(f"this is not a plan as Terraform writes it: {cause}; {HOW}") from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Invalid(f"this is not JSON ({cause}), so it is no plan; {HOW}") from cause
    except RecursionError as cause:
        raise Invalid(f"this plan is nested too deeply to be read; {HOW}") from cause
    version = document.format_version or document.plan_format_version or ""
    if version.partition(".")[0] not in {"", "0", "1"}:
        raise Invalid(
            f"this plan has format {version}, and only formats 0.1 to 1.x are known here; "
            "plan with a Terraform up to 1.15, or upgrade dihedral"
        )
    if not version and document.resource_changes is None and document.planned_values is None:
        raise Invalid(
            f"this JSON has neither a format version nor changes, so it is no plan; {HOW}"
        )
    return document

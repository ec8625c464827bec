"""Terraform's plan JSON as it is written, typed; `rules.plan` makes our own `Plan` of it.

Shape   only what a gate needs is named here. What Terraform writes as null is None.
Source  developer.hashicorp.com/terraform/internals/json-format, formats 0.1 to 1.2; OpenTofu
        writes the same. HCP Terraform's redacted form has `plan_format_version` instead.
"""

from typing import Any

from msgspec import Struct, field


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


class Checked(Struct):
    to_display: str = ""


class Check(Struct):
    address: Checked
    status: str


class Condition(Struct):  # before checks had a list of their own (Terraform 1.2)
    address: str
    result: bool = True
    unknown: bool = False


class Invocation(Struct):
    address: str


class Variable(Struct):
    value: Any = None


class StateResource(Struct):
    address: str
    mode: str = "managed"
    depends_on: tuple[str, ...] | None = None


class StateModule(Struct):
    resources: tuple[StateResource, ...] | None = None
    child_modules: "tuple[StateModule, ...] | None" = None
    address: str = ""


class StateValues(Struct):
    root_module: StateModule = field(default_factory=StateModule)


class State(Struct):
    values: StateValues | None = None


class Provisioner(Struct):
    type: str


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


class OutputConfig(Struct):
    expression: Any = None
    depends_on: tuple[str, ...] | None = None


class Module(Struct):
    resources: tuple[Resource, ...] | None = None
    module_calls: "dict[str, Call] | None" = None
    outputs: dict[str, OutputConfig] | None = None


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
    errored: bool = False
    complete: bool = True

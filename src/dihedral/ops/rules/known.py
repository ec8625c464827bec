"""The secrets that a plan's document holds beside its changes: in variables, states, settings.

Shape   texts, for `rules.scrub` to look for; long numbers come as text too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from dihedral.domain.change import Given
from dihedral.domain.workspace import Category, Variable
from dihedral.ops.rules import secret
from dihedral.ops.rules.planjson import (
    Call,
    Configuration,
    Document,
    Module,
    StateModule,
    StateValues,
    VariableConfig,
)


def variables(document: Document) -> dict[str, Given]:
    """The root module's variables as the plan was made with them."""
    written = (document.configuration or Configuration()).root_module.variables or {}
    return {
        name: Given(variable.value, _guarded(name, written.get(name)))
        for name, variable in (document.variables or {}).items()
    }


def of_workspace(
    variables: Iterable[Variable], given: Mapping[str, Given] | None = None
) -> frozenset[str]:
    """What a workspace's own sensitive variables hold; also what they held when the plan was made,
    which `given` says. Of the process's environment, those whose names are secret, too."""
    found: set[str | int] = set()
    for one in variables:
        if one.sensitive or (one.category is Category.ENV and secret.named(one.key)):
            found.update(secret.texts(one.value))
            if given and one.category is Category.TERRAFORM and one.key in given:
                found.update(secret.texts(given[one.key].value))
    return frozenset(text for text in found if isinstance(text, str))


def secrets(document: Document) -> frozenset[str]:
    """What is sensitive in it by a mark, a declaration or a name, outside its changes."""
    return frozenset(text for text in _all(document) if isinstance(text, str))


def _all(document: Document) -> Iterator[str | int]:
    declared = (document.configuration or Configuration()).root_module.variables or {}
    for name, variable in (document.variables or {}).items():
        yield from _given(name, variable.value, declared.get(name))
    for values in (document.planned_values, document.prior_state and document.prior_state.values):
        if values:
            yield from _state(values)
    if document.configuration:
        for provider in (document.configuration.provider_config or {}).values():
            yield from _constants(provider.expressions)
        yield from _module(document.configuration.root_module)


def _given(name: str, value: Any, declared: VariableConfig | None) -> Iterator[str | int]:
    """What is sensitive in a variable: all of it if that is declared, else what names say."""
    if declared and (declared.sensitive or declared.ephemeral):
        yield from secret.texts(value)
    else:
        yield from secret.entitled({name: value})


def _guarded(name: str, declared: VariableConfig | None) -> bool:
    marked = declared is not None and (declared.sensitive or declared.ephemeral)
    return marked or secret.named(name)


def _state(values: StateValues) -> Iterator[str | int]:
    for name, output in (values.outputs or {}).items():
        yield from secret.texts(output.value) if output.sensitive else ()
        yield from secret.entitled({name: output.value})
    yield from _resources(values.root_module)


def _resources(module: StateModule) -> Iterator[str | int]:
    """A managed resource's unmarked values stand in its change as well; a data source has none."""
    for resource in module.resources or ():
        marks = resource.sensitive_values
        if resource.mode == "managed" and not secret.anywhere(marks):
            continue
        values = msgspec.json.decode(resource.values)
        yield from secret.marked(values, marks)
        if resource.mode != "managed":
            yield from secret.entitled(values)
    for child in module.child_modules or ():
        yield from _resources(child)


def _module(module: Module) -> Iterator[str | int]:
    for name, declared in (module.variables or {}).items():
        yield from _given(name, declared.default, declared)
    for name, output in (module.outputs or {}).items():
        value = _constant(output.expression)
        yield from secret.texts(value) if output.sensitive else secret.entitled({name: value})
    for resource in module.resources or ():
        yield from _constants(resource.expressions)
        for provisioner in resource.provisioners or ():
            yield from _constants(provisioner.expressions)
    for call in (module.module_calls or {}).values():
        yield from _call(call)


def _call(call: Call) -> Iterator[str | int]:
    body = call.module or Module()
    given = call.expressions if isinstance(call.expressions, dict) else {}
    for name, expression in given.items():
        yield from _given(name, _constant(expression), (body.variables or {}).get(name))
    yield from _constants(given)
    yield from _module(body)


def _constant(expression: Any) -> Any:
    return expression.get("constant_value") if isinstance(expression, dict) else None


def _constants(expressions: Any) -> Iterator[str | int]:
    """The constants in a block of settings whose names say that they are secret."""
    todo = [expressions]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            if "constant_value" in here:
                yield from secret.entitled(here["constant_value"])
            elif "references" not in here:
                for name, inner in here.items():
                    yield from secret.entitled({name: _constant(inner)})
                    todo.append(inner)
        elif isinstance(here, list):
            todo.extend(here)

"""Who reads whom: the edges of a configuration, from the references that a plan writes down.

Shape   `readers` maps a resource's address without index to the addresses of those that refer to
        it, through variables, outputs, modules and provider settings. Addresses of data sources
        begin with `data.`, below their module's path.
        A plan does not write what a `local` is made of. An edge that goes through one is known
        only from the state, which lists a resource's dependencies once it exists.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dihedral.domain.change import bare
from dihedral.ops.rules.planjson import Call, Configuration, Module, StateModule

_OUTPUT = "\0output."  # no Terraform name can hold a NUL, so these meet no resource
_WHOLE = "\0whole"  # everything in a module, which is what `depends_on` waits for
_VARIABLE = "\0var."
_NAME = re.compile(r"(?:data\.)?[^.]+\.[^.]+")

Edges = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Links:
    """`readers` of every resource that has any; `feeds`, the resources that an output of the root
    module is made of."""

    readers: Mapping[str, frozenset[str]]
    feeds: Mapping[str, frozenset[str]]


def links(configuration: Configuration, state: StateModule) -> Links:
    """All of them."""
    edges: Edges = defaultdict(set)
    _module(edges, configuration.root_module, "", frozenset())
    _providers(edges, configuration)
    for address, needs in _dependencies(state):
        for need in needs:
            edges[bare(need)].add(bare(address))
    return _contract(edges)


def reach(roots: Iterable[str], readers: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Every address that can feel a change to `roots`, the roots among them. Cycles are fine."""
    felt: set[str] = set()
    todo = list(roots)
    while todo:
        here = todo.pop()
        if here not in felt:
            felt.add(here)
            todo.extend(readers.get(here, ()))
    return frozenset(felt)


def references(expression: Any) -> Iterator[str]:
    """Every reference in an expression of the plan, however deeply it is nested."""
    todo = [expression]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            found = here.get("references")
            if isinstance(found, list):
                yield from (name for name in found if isinstance(name, str))
            todo.extend(value for key, value in here.items() if key != "constant_value")
        elif isinstance(here, list):
            todo.extend(value for value in here if isinstance(value, dict | list))


def _module(edges: Edges, module: Module, path: str, above: frozenset[str]) -> None:
    """`above` are the nodes that decide whether, and how often, this module exists."""
    for resource in module.resources or ():
        own = (resource.expressions, resource.count_expression, resource.for_each_expression)
        needs = _nodes(references(list(own)), path) | above
        needs |= _waits(resource.depends_on, path)
        _point(edges, needs, path + resource.address)
    for name, output in (module.outputs or {}).items():
        needs = _nodes(references(output.expression), path)
        _point(edges, needs | _waits(output.depends_on, path), f"{path}{_OUTPUT}{name}")
    for name, call in (module.module_calls or {}).items():
        _call(edges, call, path, name, above)


def _call(edges: Edges, call: Call, path: str, name: str, above: frozenset[str]) -> None:
    inside = f"{path}module.{name}."
    expressions = call.expressions if isinstance(call.expressions, dict) else {}
    for variable, expression in expressions.items():
        _point(edges, _nodes(references(expression), path), f"{inside}{_VARIABLE}{variable}")
    steers = _nodes(references([call.count_expression, call.for_each_expression]), path)
    steers |= _waits(call.depends_on, path)
    body = call.module or Module()
    for address, _ in keys(body, inside):
        edges[address].add(f"{inside}{_WHOLE}")
    for output in body.outputs or {}:
        edges[f"{inside}{_OUTPUT}{output}"].add(f"{inside}{_OUTPUT}*")
    _module(edges, body, inside, above | steers)


def _point(edges: Edges, needs: Iterable[str], at: str) -> None:
    for need in needs:
        edges[need].add(at)


def _nodes(names: Iterable[str], path: str) -> frozenset[str]:
    """What a list of references means inside the module at `path`, as nodes of the graph.

    Terraform writes `module.a.id` and then `module.a` for one reference; the short form counts
    only where it stands alone (the whole module as an object).
    """
    found = [bare(name) for name in names]
    longer = {".".join(name.split(".")[:2]) for name in found if name.count(".") > 1}
    return frozenset(
        path + node
        for name in found
        if (node := _node(name)) and not (name.startswith("module.") and name in longer)
    )


def _waits(names: Iterable[str] | None, path: str) -> frozenset[str]:
    found = {bare(name) for name in names or ()}
    whole = {name for name in found if name.startswith("module.") and name.count(".") == 1}
    return _nodes(found - whole, path) | {f"{path}{name}.{_WHOLE}" for name in whole}


def _node(name: str) -> str:
    first, _, rest = name.partition(".")
    if first == "var":
        return _VARIABLE + rest.partition(".")[0]
    if first == "module":
        call, _, output = rest.partition(".")
        return f"module.{call}.{_OUTPUT}{output.partition('.')[0] or '*'}"
    if first in {"local", "each", "count", "path", "self", "terraform"}:
        return ""
    match = _NAME.match(name)
    return match[0] if match else ""


def _providers(edges: Edges, configuration: Configuration) -> None:
    """A resource reads what its provider's settings read: a cluster's address, say."""
    settings = configuration.provider_config or {}
    needs = {
        key: _nodes(references(p.expressions), p.module_address and f"{p.module_address}.")
        for key, p in settings.items()
        if p.expressions
    }
    for address, key in keys(configuration.root_module):
        _point(edges, needs.get(key, ()), address)


def keys(module: Module, path: str = "") -> Iterator[tuple[str, str]]:
    """Every resource of a configuration, without index, and the key of its provider."""
    for resource in module.resources or ():
        yield path + resource.address, resource.provider_config_key
    for name, call in (module.module_calls or {}).items():
        if call.module:
            yield from keys(call.module, f"{path}module.{name}.")


def _dependencies(module: StateModule) -> Iterator[tuple[str, tuple[str, ...]]]:
    for resource in module.resources or ():
        if resource.depends_on:
            yield resource.address, resource.depends_on
    for child in module.child_modules or ():
        yield from _dependencies(child)


def _contract(edges: Mapping[str, set[str]]) -> Links:
    """The same edges between resources alone: variables and outputs are walked through."""
    found = {}
    feeds: dict[str, set[str]] = defaultdict(set)
    for node, straight in edges.items():
        if "\0" in node:
            continue
        felt: set[str] = set()
        todo, seen = list(straight), set(straight)
        while todo:
            here = todo.pop()
            if "\0" not in here:
                felt.add(here)
                continue
            if here.startswith(_OUTPUT):
                feeds[here.removeprefix(_OUTPUT)].add(node)
            onward = edges.get(here, set()) - seen
            seen |= onward
            todo.extend(onward)
        if felt - {node}:
            found[node] = frozenset(felt - {node})
    return Links(found, {name: frozenset(nodes) for name, nodes in feeds.items()})

"""What differs between a state and a plan, and what follows from it: pure functions."""

from dihedral.simulator import cty
from dihedral.simulator.cty import UNKNOWN, Object, Value, unsure
from dihedral.simulator.plan import Kind
from dihedral.simulator.schema import type_of_member

ALWAYS_STABLE = frozenset({"id", "arn"})  # what no update ever changes, where no facts say more


def changed(kind: Kind, prior: Object, planned: Object) -> list[str]:
    """The top-level names whose value differs, or may."""
    return [
        name
        for name, value in planned.items()
        if unsure(value) or not cty.same(prior.get(name), value, type_of_member(kind.block, name))
    ]


def replaced(kind: Kind, prior: Object, planned: Object, names: list[str]) -> list[str]:
    """Those of the changed `names` that cannot change in place."""
    paths = [path.split(".") for path in kind.facts.force_new]
    return [
        name
        for name in names
        if any(
            head == name and (not rest or _bag(prior.get(name), rest) != _bag(planned[name], rest))
            for head, *rest in paths
        )
        and (name in kind.block.block_types or kind.block.attributes[name].settable)
    ]


def _bag(value: Value, path: list[str]) -> list[str]:
    """The values at a nested path, from every block on the way, in no order."""
    if isinstance(value, list):
        return sorted(leaf for one in value for leaf in _bag(one, path))
    if not path:
        return [repr(value)]
    return _bag(value.get(path[0]), path[1:]) if isinstance(value, dict) else []


def restless(kind: Kind, planned: Object, config: Object, keep: frozenset[str]) -> Object:
    """After any change, what a framework type computes anew: all but what is said to be stable."""
    stable = frozenset(kind.facts.stable) if kind.facts.style is not None else ALWAYS_STABLE
    return {
        name: UNKNOWN
        if name in kind.block.attributes
        and kind.block.attributes[name].computed
        and config.get(name) is None
        and name not in stable | keep
        and kind.default((name,), kind.block.attributes[name]) is None
        else value
        for name, value in planned.items()
    }

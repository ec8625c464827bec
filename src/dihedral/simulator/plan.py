"""What a provider plans for one resource: pure functions over its schema and its facts.

Shape   `config` is what the user wrote, `prior` the state, `proposed` Terraform's own merge of the
        two. A path is a tuple of names from the top of the resource. In what comes back, what only
        the cloud can decide is unknown.
"""

from dataclasses import dataclass
from typing import Any

from dihedral.simulator import cty
from dihedral.simulator.cty import UNKNOWN, Object, Value, unknown
from dihedral.simulator.facts import NO_FACTS, Facts
from dihedral.simulator.schema import (
    ONE,
    Attribute,
    Block,
    BlockType,
    Nested,
    Type,
    nothing,
    type_of,
    type_of_block,
)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One type, as far as planning needs to know it. `mode` is resource, data or ephemeral."""

    name: str
    block: Block
    facts: Facts = NO_FACTS
    mode: str = "resource"

    @property
    def legacy(self) -> bool:
        """Whether the older SDK made it: then Terraform forgives the differences that SDK makes.

        Where no facts say so, an `id` that is optional and computed gives it away.
        """
        if self.facts.style is not None:
            return self.facts.style == 0
        own = self.block.attributes.get("id")
        return bool(own and own.optional and own.computed)

    def default(self, path: Path, attribute: Attribute) -> Value:
        """The value that the provider puts in for what nobody wrote; None when there is none."""
        if not (self.legacy or attribute.computed):
            return (
                None  # Terraform lets only the older SDK plan what is neither written nor computed
            )
        found = self.facts.defaults.get(".".join(path))
        return None if found is None else cty.conform(found, type_of(attribute))


def created(kind: Kind, config: Object) -> Object:
    return _new(kind, kind.block, config, ())


def _new(kind: Kind, block: Block, config: Object, path: Path) -> Object:
    out = {
        name: _new_attribute(kind, attribute, config.get(name), (*path, name))
        for name, attribute in block.attributes.items()
    }
    for name, inner in block.block_types.items():
        out[name] = _new_blocks(kind, inner, config.get(name), (*path, name))
    return out


def _new_attribute(kind: Kind, attribute: Attribute, value: Value, path: Path) -> Value:
    if attribute.write_only:
        return None
    if value is not None:
        return _written(kind, attribute, value, path)
    default = kind.default(path, attribute)
    return default if default is not None else UNKNOWN if attribute.computed else None


def _new_blocks(kind: Kind, inner: BlockType, value: Value, path: Path) -> Value:
    if (
        not value
        and not unknown(value)
        and kind.legacy
        and ".".join(path) in kind.facts.computed_blocks
    ):
        return UNKNOWN
    return each_block(inner, value, lambda one: _new(kind, inner.block, one, path))


def each_block(inner: BlockType, value: Value, change: Any) -> Value:
    """`change` done to each object of a nested block, whatever its nesting."""
    if value is None or unknown(value):
        return value
    if inner.nesting_mode in ONE:
        return change(value)
    if isinstance(value, dict):
        return {key: one if unknown(one) else change(one) for key, one in value.items()}
    return [one if unknown(one) else change(one) for one in value]


def _written(kind: Kind, attribute: Attribute, value: Value, path: Path) -> Value:
    """A written attribute: its members that only the cloud decides are unknown."""
    if attribute.nested_type is not None:
        return _members(attribute.nested_type, value)
    if kind.legacy and kind.mode == "resource" and len(path) == 1:
        return _zeroed(attribute.type, value)
    return value


def _members(nested: Nested, value: Value) -> Value:
    if value is None or unknown(value):
        return value
    if nested.nesting_mode in ONE:
        return {name: _one_member(a, value.get(name)) for name, a in nested.attributes.items()}
    one = Nested("single", nested.attributes)
    if isinstance(value, dict):
        return {key: _members(one, member) for key, member in value.items()}
    return [_members(one, member) for member in value]


def _one_member(attribute: Attribute, value: Value) -> Value:
    if attribute.write_only:
        return None
    if value is None:
        return UNKNOWN if attribute.computed else None
    return _members(attribute.nested_type, value) if attribute.nested_type else value


def _zeroed(shape: Type, value: Value) -> Value:
    """Blocks written as an attribute (`ingress = [{…}]`): the older SDK shows zeros, not nulls."""
    if not isinstance(value, list) or cty.kind(shape) not in cty.MANY:
        return value
    if cty.kind(shape[1]) != "object":
        return value
    members: dict[str, Type] = shape[1][1]
    return [
        {n: cty.empty(members[n]) if v is None else v for n, v in one.items()}
        if isinstance(one, dict)
        else one
        for one in value
    ]


def updated(kind: Kind, prior: Object, proposed: Object, config: Object) -> Object:
    return _merge(kind, kind.block, (prior, proposed, config), ())


def _merge(kind: Kind, block: Block, three: tuple[Object, Object, Object], path: Path) -> Object:
    prior, proposed, config = three
    out = {}
    for name, attribute in block.attributes.items():
        values = (prior.get(name), proposed.get(name), config.get(name))
        out[name] = _merge_attribute(kind, attribute, values, (*path, name))
    for name, inner in block.block_types.items():
        values = (prior.get(name), proposed.get(name), config.get(name))
        out[name] = _merge_blocks(kind, inner, values, (*path, name))
    return out


def _merge_attribute(
    kind: Kind, attribute: Attribute, values: tuple[Value, Value, Value], path: Path
) -> Value:
    prior, proposed, config = values
    if attribute.write_only:
        return None
    if config is None:
        default = kind.default(path, attribute)
        if default is not None:
            return default
        return prior if attribute.computed and proposed is None else proposed
    if prior is not None and cty.same(prior, proposed, type_of(attribute)):
        return prior
    return _written(kind, attribute, proposed, path)


def _merge_blocks(
    kind: Kind, inner: BlockType, values: tuple[Value, Value, Value], path: Path
) -> Value:
    prior, proposed, config = values
    if not config and prior is not None and ".".join(path) in kind.facts.computed_blocks:
        return prior
    if proposed is None or unknown(proposed):
        return proposed
    if inner.nesting_mode == "set":
        return _merge_set(kind, inner, prior or [], proposed, path)
    if inner.nesting_mode in ONE:
        return _merge_one(kind, inner, values, path)
    keys = proposed.keys() if isinstance(proposed, dict) else range(len(proposed))
    found = {
        key: _merge_one(kind, inner, (_at(prior, key), proposed[key], _at(config, key)), path)
        for key in keys
    }
    return found if isinstance(proposed, dict) else list(found.values())


def _at(value: Value, key: Any) -> Value:
    if isinstance(value, dict):
        return value.get(key)
    return value[key] if isinstance(value, list) and key < len(value) else None


def _merge_one(
    kind: Kind, inner: BlockType, values: tuple[Value, Value, Value], path: Path
) -> Value:
    prior, proposed, config = values
    if unknown(proposed) or proposed is None:
        return proposed
    if not isinstance(prior, dict):
        return _new(kind, inner.block, proposed, path)
    written = config if isinstance(config, dict) else {}
    return _merge(kind, inner.block, (prior, proposed, written), path)


def _merge_set(kind: Kind, inner: BlockType, prior: Value, proposed: Value, path: Path) -> Value:
    """The elements of a set have no names: one that a prior element can be, is that element."""
    shape = type_of_block(inner.block)
    left = list(prior) if isinstance(prior, list) else []
    out = []
    for one in proposed:
        fresh = one if unknown(one) else _new(kind, inner.block, one, path)
        kept = next((old for old in left if cty.same(old, one, shape)), None)
        if kept is None:
            kept = next((old for old in left if cty.could_be(fresh, old)), None)
        if kept is not None:
            left.remove(kept)
        out.append(fresh if kept is None else kept)
    return out


def blank(kind: Kind) -> Object:
    """An object of which nothing is known but its defaults: where an import starts."""
    out = {
        name: None
        if attribute.write_only
        else UNKNOWN
        if attribute.computed or attribute.required
        else kind.default((name,), attribute)
        for name, attribute in kind.block.attributes.items()
    }
    for name, inner in kind.block.block_types.items():
        out[name] = nothing(inner.nesting_mode)
    return out

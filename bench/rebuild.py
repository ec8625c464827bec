"""A configuration rebuilt from a plan's JSON: what its author wrote, with the planned values in it.

Shape   `blocks` is the type's block as `terraform providers schema -json` has it. What the plan
        does not know becomes a reference to something that is not known before apply.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]

UNKNOWN = "${jsondecode(terraform_data.unknown.id)}"  # of any type
META = ("count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection")


def planned(plan: Json) -> Iterator[tuple[Json, Json]]:
    """Each resource that the plan creates, with what the configuration says of it."""
    said = dict(_configured(plan.get("configuration", {}).get("root_module", {}), ""))
    for change in plan.get("resource_changes", ()):
        place = f"{_module(change)}{change['type']}.{change['name']}"
        creates = change["change"]["actions"] == ["create"] and change["mode"] == "managed"
        if creates and place in said:
            yield change, said[place].get("expressions", {})


def _configured(module: Json, path: str) -> Iterator[tuple[str, Json]]:
    for one in module.get("resources", ()):
        if one["mode"] == "managed":
            yield f"{path}{one['type']}.{one['name']}", one
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call.get("module", {}), f"{path}module.{name}.")


def _module(change: Json) -> str:
    """`module.net["a"].` as `module.net.`; a key may hold dots and brackets."""
    words, out, depth, quoted = change.get("module_address", ""), "", 0, False
    for letter in words:
        quoted ^= letter == '"'
        depth += (letter == "[") - (letter == "]") if not quoted else 0
        out += letter if not depth and letter != "]" else ""
    return f"{out}." if out else ""


def region(plan: Json) -> str:
    """The region of the plan's AWS provider, where it is a constant."""
    for one in plan.get("configuration", {}).get("provider_config", {}).values():
        found = one.get("expressions", {}).get("region", {}).get("constant_value")
        if one.get("name") == "aws" and isinstance(found, str):
            return found
    return "us-east-1"


def default_tags(changes: list[Json]) -> Json:
    """The tags that all resources have and none of them states."""
    extra = []
    for change in changes:
        after = change["change"]["after"]
        every, own = after.get("tags_all"), after.get("tags") or {}
        if isinstance(every, dict):
            extra.append({(k, v) for k, v in every.items() if own.get(k) != v})
    return dict(set.intersection(*extra)) if extra else {}


def resource(change: Json, said: Json, block: Json) -> Json:
    """The body of a resource. On create, a block that the provider fills by itself is unknown as a
    whole: one that is not was written, if only as a `dynamic` block, which no plan shows."""
    after, unknown = change["change"]["after"], change["change"].get("after_unknown", {})
    names = {n for n in said if n not in META}
    for name, inner in block.get("block_types", {}).items():
        if after.get(name) and inner["nesting_mode"] != "single":
            names.add(name)
    return _body(after, unknown, {n: said.get(n) for n in sorted(names)}, block)


def _body(after: Json, unknown: Any, said: Mapping[str, Any], block: Json) -> Json:
    marks = unknown if isinstance(unknown, dict) else {}
    out: Json = {}
    for name, expression in said.items():
        attribute = block.get("attributes", {}).get(name)
        if attribute and (attribute.get("optional") or attribute.get("required")):
            value = _value(after.get(name), marks.get(name))
            out |= {} if value is None else {name: value}
        elif name in block.get("block_types", {}):
            inner = block["block_types"][name]["block"]
            found = _blocks(after.get(name), marks.get(name), expression, inner)
            out |= {name: found} if found else {}
    return out


def _blocks(after: Any, unknown: Any, expression: Any, block: Json) -> list[Json]:
    """A body for each planned block; one that no written block pairs with is settable in all."""
    elements = after if isinstance(after, list) else [after] if isinstance(after, dict) else []
    marks = unknown if isinstance(unknown, list) else [unknown] * len(elements)
    written = expression if isinstance(expression, list) else [expression] if expression else []
    out = []
    for index, one in enumerate(elements):
        mark = marks[index] if index < len(marks) else {}
        said = written[index] if len(written) == len(elements) else None
        out.append(_body(one or {}, mark, said or _settable(one or {}, mark, block), block))
    return out


def _settable(after: Json, unknown: Any, block: Json) -> Json:
    attributes = block.get("attributes", {})
    given = {n for n, a in attributes.items() if not a.get("computed") and after.get(n) is not None}
    marked = set(unknown) if isinstance(unknown, dict) else set()
    given |= {n for n in marked if n in attributes and not attributes[n].get("computed")}
    return dict.fromkeys(given | {n for n in block.get("block_types", {}) if after.get(n)})


def _value(after: Any, unknown: Any) -> Any:
    """A planned value as Terraform's JSON syntax has it."""
    if unknown is True:
        return UNKNOWN
    if isinstance(after, str):
        return after.replace("${", "$${").replace("%{", "%%{")
    return each(after, unknown, _value)


def each(after: Any, unknown: Any, change: Callable[[Any, Any], Any]) -> Any:
    """`change` done to every member of a planned value, with what the plan does not know of it."""
    if isinstance(after, list):
        row = unknown if isinstance(unknown, list) else []
        return [change(one, row[i] if i < len(row) else None) for i, one in enumerate(after)]
    if isinstance(after, dict) or isinstance(unknown, dict):
        values, marks = after or {}, unknown if isinstance(unknown, dict) else {}
        return {key: change(values.get(key), marks.get(key)) for key in values.keys() | marks}
    return after

"""A YAML document that people write, as plain data with the line of every fault.

It is read strictly: no tags, no anchors (which is how a small file becomes a large one), no key
twice, no key that is not text, no dates. What YAML would silently make of those is refused.
"""

import math
from typing import Any

import yaml

from dihedral.domain.errors import Invalid

MOST = 256 << 10  # bytes
_DEEP = 50  # levels; deeper is no document that a person wrote


class _Strict(yaml.SafeLoader):
    """`depth` counts the nodes that are open while one is composed."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _fault(event, "anchors and aliases (& and *) are not taken; write it out")
        if getattr(event, "tag", None):
            raise _fault(event, "tags (!) are not taken")
        self.depth += 1
        if self.depth > _DEEP:
            raise _fault(event, f"it is nested more than {_DEEP} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[Any] = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or key.tag != "tag:yaml.org,2002:str":
                raise _fault(key, 'a key here is not text; put it in quotes ("…")')
            if name in seen:
                raise _fault(key, f"{name!r} is said twice")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def _timestamp(loader: _Strict, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _float(loader: _Strict, node: yaml.ScalarNode) -> float:
    value = float(loader.construct_yaml_float(node))
    if not math.isfinite(value):
        raise _fault(node, f"{node.value} is no number that can be counted with")
    return value


_Strict.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
_Strict.add_constructor("tag:yaml.org,2002:float", _float)
_BREAKS = frozenset("\x85\u2028\u2029")  # line ends beside the line feed


def load(text: str) -> dict[str, Any]:
    """The document's mapping; empty for an empty document. Raises Invalid, naming the line."""
    if len(text.encode(errors="surrogatepass")) > MOST:
        raise Invalid(f"the document is larger than {MOST >> 10} KB; it is too large to be read")
    try:
        found = yaml.load(text, Loader=_Strict)  # noqa: S506 (a SafeLoader that takes less)
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise Invalid(f"this is not YAML as it is taken here: {where}{cause.problem}") from cause
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        said = str(cause).partition("\n")[0] or type(cause).__name__
        raise Invalid(f"this is not YAML as it is taken here: {said}") from cause
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Invalid("this document is not a mapping of sections; begin with a line like `tiers:`")
    return found


def dump(document: dict[str, Any]) -> str:
    """As YAML, in the order given; reading it again gives the same."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    if _BREAKS.isdisjoint(text):
        return text
    # written as they are, they would be read as the end of a line
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=False, width=100)


def _fault(at: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)

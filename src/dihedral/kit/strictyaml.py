"""YAML that people write, read strictly: nodes with their marks, or plain data.

No tags, no anchors (which is how a small file becomes a large one), no key twice, no key that is
not text, no dates. What YAML would silently make of those is refused.
"""

import math
from typing import Any

import yaml

MOST = 256 << 10  # bytes
_DEEP = 50  # levels; deeper is no document that a person wrote


class Unreadable(Exception):
    """`line` and `column` count from 1; they are 0 where nobody can tell."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem)
        self.line = line
        self.column = column


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
        if isinstance(node, yaml.MappingNode):
            _check_keys(node)
        return node


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None or key.tag != "tag:yaml.org,2002:str":
            raise _fault(key, 'a key here is not text; put it in quotes ("…")')
        if name in seen:
            raise _fault(key, f"{name!r} is said twice")
        seen.add(name)


def _timestamp(loader: _Strict, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _float(loader: _Strict, node: yaml.ScalarNode) -> float:
    value = float(loader.construct_yaml_float(node))
    if not math.isfinite(value):
        raise _fault(node, f"{node.value} is no number that can be counted with")
    return value


_Strict.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
_Strict.add_constructor("tag:yaml.org,2002:float", _float)


def load(text: str) -> Any:
    """The document as plain data; None for an empty one. Raises Unreadable."""
    return _read(text, lambda loader: loader.get_single_data())


def compose(text: str) -> yaml.Node | None:
    """The document as nodes, which say where each stands. Raises Unreadable."""
    found: yaml.Node | None = _read(text, lambda loader: loader.get_single_node())
    return found


def _read(text: str, how: Any) -> Any:
    if len(text.encode(errors="surrogatepass")) > MOST:
        raise Unreadable(f"the document is larger than {MOST >> 10} KB; it is too large to be read")
    loader = None
    try:
        loader = _Strict(text)
        return how(loader)
    except yaml.MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise Unreadable(str(cause.problem), *place) from cause
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        raise Unreadable(str(cause).partition("\n")[0] or type(cause).__name__) from cause
    finally:
        if loader is not None:
            loader.dispose()


def _fault(at: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)

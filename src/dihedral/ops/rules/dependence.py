"""The part of a workspace that a plan touches, and what would feel it, as a graph to look at.

Shape   a node is an address without index, or a group of them where there are more than a picture
        can show; another workspace is `workspace.NAME`. An edge leads from what is read to who
        reads it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from dihedral.domain.change import Action, Change, Plan, bare, tags_only
from dihedral.ops.rules import graph, losses, openings
from dihedral.ops.rules.redact import visible

MOST = 40  # nodes of a picture that can still be read
FELT = "felt"
ROOT = "(root)"  # the module that has no name
OTHER = "workspace"  # what stands in an address for the type of another workspace
# the strongest of what happens to a node is what it is marked with
MARKS = ("delete", "replace", "forget", "update", "create", "import", "move", "tag", FELT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`name` is short, `kind` its type or what it is a group of; `count` is of instances,
    and `tally` how many of them have which mark, where it is a group."""

    id: str
    name: str
    kind: str
    mark: str
    count: int = 1
    loses: bool = False
    opens: bool = False
    tally: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """`groups` says what the nodes are groups of, empty where each is a resource. `left` counts
    the nodes that there was no room for."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    groups: str = ""
    left: int = 0


def of(
    plan: Plan, most: int = MOST, elsewhere: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Graph:
    """What the plan touches, and all that would feel it; in groups where that is too much.

    `elsewhere` are the outputs that change, and the names of the workspaces that read them.
    """
    others = {o: {f"{OTHER}.{name}" for name in names} for o, names in elsewhere.items()}
    nodes = _nodes(plan)
    nodes |= {one: _plain(one, FELT, 1) for ones in others.values() for one in sorted(ones)}
    readers = dict(plan.readers)
    for output, ones in others.items():
        for need in plan.feeds.get(output, ()):
            readers[need] = readers.get(need, frozenset()) | ones
    edges = [(a, b) for a in nodes for b in _readers(a, readers) if b in nodes]
    ways = ((groups, *_grouped(nodes, edges, key)) for groups, key in _GROUPS.items())
    for groups, found, drawn in ways:  # noqa: B007 (the last one is taken in any case)
        if len(found) <= most and (groups != "module" or len(found) > 1):
            break
    ordered = sorted(found.values(), key=lambda n: (MARKS.index(n.mark), n.id))
    room = {n.id for n in sorted(ordered, key=lambda n: n.kind != OTHER)[:most]}
    kept = [n for n in ordered if n.id in room]
    return Graph(
        nodes=tuple(kept),
        edges=tuple(sorted((a, b) for a, b in drawn if a in room and b in room)),
        groups=groups,
        left=len(found) - len(kept),
    )


def _nodes(plan: Plan) -> dict[str, Node]:
    acting: dict[str, list[Change]] = defaultdict(list)
    for change in plan.changes:
        if change.mode == "managed" and _mark(change):
            acting[bare(change.address)].append(change)
    found = {address: _node(address, changes) for address, changes in acting.items()}
    roots = [a for a, node in found.items() if node.mark not in ("create", "tag")]
    instances = Counter(map(bare, plan.known))
    for address in sorted(graph.reach(roots, plan.readers) - found.keys()):
        if not _data(address):
            found[address] = _plain(address, FELT, instances[address] or 1)
    return found


def _readers(address: str, readers: Mapping[str, frozenset[str]]) -> set[str]:
    """Who reads it, straight or through data sources, which are not drawn."""
    found: set[str] = set()
    todo = [*readers.get(address, ())]
    seen = set(todo)
    while todo:
        here = todo.pop()
        if not _data(here):
            found.add(here)
            continue
        onward = set(readers.get(here, ())) - seen
        seen |= onward
        todo.extend(onward)
    return found - {address}


def _mark(change: Change) -> str:
    if change.action is Action.NOOP:
        return "import" if change.importing else "move" if change.moved_from else ""
    if change.action is Action.READ:
        return ""
    return "tag" if tags_only(change) else change.action.value


def _node(address: str, changes: Sequence[Change]) -> Node:
    plain = _plain(address, min(map(_mark, changes), key=MARKS.index), len(changes))
    return Node(
        id=plain.id,
        name=plain.name,
        kind=plain.kind,
        mark=plain.mark,
        count=plain.count,
        loses=any(map(losses.of, changes)),
        opens=any(o.tier != "unknown" for c in changes for o in openings.of(c)),
    )


def _plain(address: str, mark: str, count: int) -> Node:
    module, kind, name = _parts(address)
    within = f"{module.rpartition('.')[2]} › {name}" if module else name
    return Node(
        id=visible(address), name=visible(within), kind=visible(kind), mark=mark, count=count
    )


def _parts(address: str) -> tuple[str, str, str]:
    """`module.a.aws_vpc.b` as its module, its type and its name."""
    words = address.split(".")
    return ".".join(words[:-2]), words[-2] if len(words) > 1 else "", words[-1]


def _data(address: str) -> bool:
    return address.startswith("data.") or ".data." in address


def _by_type(address: str) -> tuple[str, str]:
    module, kind, _ = _parts(address)
    return module or ROOT, kind


def _by_module(address: str) -> tuple[str, str]:
    module, kind, _ = _parts(address)
    return module or ROOT, kind if kind == OTHER else "module"


def _by_kind(address: str) -> tuple[str, str]:
    kind = _parts(address)[1]
    return (ROOT, kind) if kind == OTHER else (kind, "type")


Key = Callable[[str], tuple[str, str]]
_GROUPS: Mapping[str, Key | None] = {
    "": None,
    "type": _by_type,
    "module": _by_module,
    "type in any module": _by_kind,
}


def _grouped(
    nodes: Mapping[str, Node], edges: Sequence[tuple[str, str]], key: Key | None
) -> tuple[dict[str, Node], set[tuple[str, str]]]:
    if key is None:
        whole = {node.id: node for node in nodes.values()}
        return whole, {(nodes[a].id, nodes[b].id) for a, b in edges}
    members: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for address, node in nodes.items():
        members[key(address)].append(node)
    groups = {at: _group(at, some) for at, some in members.items()}
    ends = {address: groups[key(address)].id for address in nodes}
    drawn = {(ends[a], ends[b]) for a, b in edges if ends[a] != ends[b]}
    return {node.id: node for node in groups.values()}, drawn


def _group(at: tuple[str, str], members: Sequence[Node]) -> Node:
    marks: Counter[str] = Counter()
    for one in members:
        marks[one.mark] += one.count
    return Node(
        id=visible(" ".join(at)),
        name=visible(at[0]),
        kind=visible(at[1]),
        mark=min(marks, key=MARKS.index),
        count=marks.total(),
        tally=tuple(sorted(marks.items(), key=lambda m: MARKS.index(m[0]))),
        loses=any(n.loses for n in members),
        opens=any(n.opens for n in members),
    )


def tree(found: Graph) -> Iterator[tuple[int, Node]]:
    """Every node once, below one that it reads: what is touched first, then who feels it."""
    readers: dict[str, list[str]] = defaultdict(list)
    read = set()
    for need, reader in found.edges:
        readers[need].append(reader)
        read.add(reader)
    by_id = {node.id: node for node in found.nodes}
    told: set[str] = set()
    first = [n.id for n in found.nodes if n.id not in read]
    for start in (*first, *(n.id for n in found.nodes)):  # in a ring nobody is first
        todo = [(0, start)]
        while todo:
            depth, here = todo.pop()
            if here not in told:
                told.add(here)
                yield depth, by_id[here]
                todo += [(depth + 1, one) for one in sorted(readers[here], reverse=True)]

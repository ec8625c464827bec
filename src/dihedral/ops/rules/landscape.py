"""What exists in a workspace and what depends on what, as its state says it; and the part of it
that a picture can show.

Shape   a part is a resource without index, with all its instances. A state lists what a resource
        depends on however far; `needs` has what is straight, so what follows from others is left
        out. Data sources are no parts: what is read through one is a straight need.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dihedral.domain.change import bare
from dihedral.ops.rules import columns
from dihedral.ops.rules.state import Held

MOST = 40  # boxes of a picture that can still be read
FARTHEST = 6  # steps from a centre
ROOT = "(root)"  # the module that has no name
Links = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """`module` is empty for the root; `count` is of instances."""

    id: str
    module: str
    type: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Land:
    """`needs` and `readers` are straight, and have only those that have any."""

    parts: Mapping[str, Part]
    needs: Links
    readers: Links


@dataclass(frozen=True, slots=True)
class Within:
    """Which parts: those of a module, of a type, or of both; None is any."""

    module: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part, or `folded` parts in one. `type` and `module` are None where a fold has several.
    `step` is its column; `far` how many steps it is from the centre, below 0 for what that needs,
    None where there is no centre."""

    id: str
    name: str
    type: str | None
    module: str | None
    count: int
    folded: int = 0
    step: int = 0
    far: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`parts` counts what it is of; `fold` says by what they are folded, empty where none is;
    `left` counts the boxes that there was no room for. An edge leads from what is needed."""

    boxes: tuple[Box, ...]
    edges: tuple[tuple[str, str], ...]
    parts: int
    fold: str = ""
    left: int = 0


def of(held: Iterable[Held]) -> Land:
    """All that is managed; needs that are not there are left out."""
    counts: Counter[str] = Counter()
    first: dict[str, Held] = {}
    far: dict[str, set[str]] = defaultdict(set)
    for one in held:
        at = bare(one.address)
        counts[at] += 1
        first.setdefault(at, one)
        far[at].update(map(bare, one.needs))
    parts = {
        at: Part(at, bare(one.module), one.type, one.name, counts[at]) for at, one in first.items()
    }
    reach = {at: (needs & parts.keys()) - {at} for at, needs in far.items()}
    needs = {at: straight for at in parts if (straight := _straight(reach[at], reach))}
    readers: dict[str, list[str]] = defaultdict(list)
    for at, straight in needs.items():
        for need in straight:
            readers[need].append(at)
    return Land(parts, needs, readers)


def _straight(needs: Collection[str], reach: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Those that do not follow from another one. Who needs the most is looked at first: it covers
    the others, so that a long chain costs no more than its length."""
    covered: set[str] = set()
    kept = []
    for need in sorted(needs, key=lambda one: (-len(reach[one]), one)):
        if need not in covered:
            kept.append(need)
            covered.update(reach[need])
    return tuple(sorted(kept))


def find(land: Land, sought: str, most: int) -> list[str]:
    """Parts whose address holds it, the one that is meant first: that address itself, then the
    shortest."""
    wanted = bare(sought.strip())
    if wanted in land.parts:
        return [wanted]
    fits = [one for one in land.parts if wanted.casefold() in one.casefold()]
    return sorted(fits, key=lambda one: (len(one), one))[:most]


def whole(land: Land, within: Within, most: int = MOST) -> View:
    """All parts within; folded where they are too many."""
    chosen = [
        part
        for part in land.parts.values()
        if within.module in (None, part.module) and within.type in (None, part.type)
    ]
    return _view(land, {part.id: (part, None) for part in chosen}, most)


def around(land: Land, centre: str, far: int, most: int = MOST) -> View:
    """What the centre needs and what needs it, up to `far` steps; the centre itself is never
    folded."""
    found: dict[str, tuple[Part, int | None]] = {centre: (land.parts[centre], 0)}
    for links, sign in ((land.needs, -1), (land.readers, 1)):
        edge, seen = [centre], {centre}
        for step in range(1, min(far, FARTHEST) + 1):
            edge = sorted({one for at in edge for one in links.get(at, ())} - seen)
            seen.update(edge)
            for one in edge:
                found.setdefault(one, (land.parts[one], sign * step))
    return _view(land, found, most)


Chosen = Mapping[str, tuple[Part, int | None]]
Key = tuple[int | None, str | None, str | None]
Fold = Callable[[Part], tuple[str | None, str | None]]
_FOLDS: Mapping[str, Fold | None] = {
    "": None,
    "type": lambda part: (part.module, part.type),
    "module": lambda part: (part.module, None),
    "type in any module": lambda part: (None, part.type),
}


def _view(land: Land, chosen: Chosen, most: int) -> View:
    fold, boxes, place = _folded(chosen, most)
    kept = sorted(boxes, key=lambda box: (abs(box.far or 0), -box.count, box.id))[:most]
    room = {box.id for box in kept}
    ends = {
        (place[need], place[at])
        for at in chosen
        for need in land.needs.get(at, ())
        if need in place and place[need] in room and place[at] in room
    }
    edges = tuple(sorted((a, b) for a, b in ends if a != b))
    return View(
        boxes=tuple(_stepped(kept, edges)),
        edges=edges,
        parts=len(chosen),
        fold=fold,
        left=len(boxes) - len(kept),
    )


def _folded(chosen: Chosen, most: int) -> tuple[str, list[Box], dict[str, str]]:
    """By what, the boxes, and in which of them each part is. The first fold that fits; where none
    does, the one with the fewest boxes. One that puts all into one box says nothing."""
    ways = []
    for fold, key in _FOLDS.items():
        boxes, place = _boxes(chosen, key)
        if fold and len(boxes) == 1:
            continue
        ways.append((fold, boxes, place))
        if len(boxes) <= most:
            break
    return min(ways, key=lambda way: len(way[1]))


def _boxes(chosen: Chosen, key: Fold | None) -> tuple[list[Box], dict[str, str]]:
    members: dict[Key, list[Part]] = defaultdict(list)
    alone = []
    for part, far in chosen.values():
        if key is None or far == 0:
            alone.append(_box(part, far))
        else:
            members[far, *key(part)].append(part)
    place = {box.id: box.id for box in alone}
    folded = []
    for at, some in members.items():
        box = _box(some[0], at[0]) if len(some) == 1 else _fold(at, some)
        folded.append(box)
        place.update((part.id, box.id) for part in some)
    return [*alone, *folded], place


def _box(part: Part, far: int | None) -> Box:
    return Box(
        id=part.id,
        name=part.name,
        type=part.type,
        module=part.module,
        count=part.count,
        far=far,
    )


def _fold(at: Key, some: Sequence[Part]) -> Box:
    far, module, kind = at
    return Box(
        id=f"{'' if far is None else far} {module} {kind}",
        name=kind or module or ROOT,
        type=kind,
        module=module,
        count=sum(part.count for part in some),
        folded=len(some),
        far=far,
    )


def _stepped(boxes: Sequence[Box], edges: Sequence[tuple[str, str]]) -> Iterator[Box]:
    """Each in its column: by its distance, where there is a centre."""
    least = min((box.far for box in boxes if box.far is not None), default=0)
    ranks = columns.ranks((box.id for box in boxes), edges)
    for box in boxes:
        yield replace(box, step=ranks[box.id] if box.far is None else box.far - least)

"""What exists in a workspace, drawn: who depends on whom, as boxes and lines that are placed here.

The picture is part of the page, so its colours are those of the style sheet and its boxes lead on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dihedral.domain.change import bare
from dihedral.ops.rules import columns, graph, landscape, picture
from dihedral.ops.rules.landscape import FARTHEST, ROOT, Box, Land, View, Within
from dihedral.ops.rules.state import Held

# all in pixels of a picture that is not scaled
WIDE, HIGH = 176, 46  # of a box
ACROSS, DOWN, MARGIN = 216, 60, 14
ROWS = 12  # boxes of a column before it goes on beside
BESIDE = 4  # of those that nothing ties to another, in a row
ROOM = 23  # letters of a line
FAR = 2  # steps from a centre, where nobody says
LISTED = 20  # instances of a resource, and addresses that fit a search


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box where it stands; `tone` is centre, needs, feels, fold or plain."""

    box: Box
    name: str
    kind: str
    x: int
    y: int
    tone: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The resource that was chosen. `needs` and `readers` are straight, `all_needs` and
    `all_readers` count those behind them too."""

    id: str
    module: str
    type: str
    provider: str
    instances: tuple[tuple[str, bool], ...]
    more: int
    needs: tuple[str, ...]
    readers: tuple[str, ...]
    all_needs: int
    all_readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """`within` says in words of which part it is; `others` fit the search too. `listed` has who
    needs what, by the ids of boxes, for who reads instead of looking."""

    view: View
    boxes: tuple[Drawn, ...]
    lines: tuple[tuple[str, str], ...]
    wide: int
    high: int
    sought: str
    found: bool
    others: tuple[str, ...]
    centre: Centre | None
    far: int
    within: str
    listed: tuple[tuple[Drawn, tuple[str, ...]], ...]


def drawn(held: tuple[Held, ...], asked: Mapping[str, str], path: str) -> Landscape:
    """`asked` are the page's parameters: `q` picks the centre, `far` is how many steps around it
    are shown, `module` and `type` narrow what is shown where there is none."""
    land = landscape.of(held)
    sought, far = asked.get("q", "").strip()[:200], _far(asked.get("far", ""))
    fits = landscape.find(land, sought, LISTED + 1) if sought else []
    within = Within(asked.get("module"), asked.get("type"))
    view = landscape.around(land, fits[0], far) if fits else landscape.whole(land, within)
    boxes = tuple(_placed(view, path))
    places = {one.box.id: one for one in boxes}
    return Landscape(
        view=view,
        boxes=boxes,
        lines=tuple(_line(places[a], places[b]) for a, b in view.edges),
        wide=max((one.x for one in boxes), default=0) + WIDE + MARGIN,
        high=max((one.y for one in boxes), default=0) + HIGH + MARGIN,
        sought=sought,
        found=bool(fits) or not sought,
        others=tuple(fits[1:]),
        centre=_centre(land, held, fits[0]) if fits else None,
        far=far,
        within="" if fits else _within(within),
        listed=tuple(_listed(boxes, view)),
    )


def href(path: str, **said: str) -> str:
    return f"{path}?{urlencode({'view': 'graph', **said})}#{'here' if 'q' in said else 'graph'}"


def _far(said: str) -> int:
    return int(said) if said in {str(n) for n in range(1, FARTHEST + 1)} else FAR


def _within(within: Within) -> str:
    said = [f"of type {within.type}"] if within.type else []
    if within.module is not None:
        said.append(f"in {within.module}" if within.module else "in the root module")
    return " ".join(said)


def _placed(view: View, path: str) -> Iterator[Drawn]:
    """Columns from left to right, and what stands alone in rows below them."""
    tied = {end for edge in view.edges for end in edge}
    by_id = {box.id: box for box in view.boxes}
    chained = {box.id: box.step for box in view.boxes if box.id in tied or box.far is not None}
    x = low = MARGIN
    for column in columns.ordered(chained, view.edges):
        for start in range(0, len(column), ROWS):
            for row, one in enumerate(column[start : start + ROWS]):
                yield _drawn(by_id[one], x, MARGIN + row * DOWN, path)
                low = max(low, MARGIN + (row + 1) * DOWN)
            x += ACROSS
    alone = [box for box in view.boxes if box.id not in chained]
    beside = max(BESIDE, (x - MARGIN) // ACROSS)
    for at, box in enumerate(alone):
        yield _drawn(box, MARGIN + at % beside * (WIDE + 16), low + at // beside * DOWN, path)


def _drawn(box: Box, x: int, y: int, path: str) -> Drawn:
    times = f" ×{box.count:,}" if box.count > 1 and not box.folded else ""
    module = box.module and box.module.removeprefix("module.").replace(".module.", " › ")
    if box.folded:
        kind = f"{box.folded:,} resources"
        kind += f" · {module}" if module and box.type else ""
        names = {k: v for k, v in (("module", box.module), ("type", box.type)) if v is not None}
        to = href(path, **names)
    else:
        kind = f"{box.type} · {module}" if module else box.type or ""
        to = href(path, q=box.id)
    name = picture.cut(box.name, ROOM - 2 - len(times)) + times
    return Drawn(box, name, picture.cut(kind, ROOM + 3), x, y, _tone(box), to)


def _tone(box: Box) -> str:
    side = {0: "centre"}.get(box.far or 0, "needs" if (box.far or 0) < 0 else "feels")
    tone = "plain" if box.far is None else side
    return f"{tone} fold" if box.folded else tone


def _line(one: Drawn, two: Drawn) -> tuple[str, str]:
    """From the right side of what is needed to the left side of who needs it, and the tip."""
    x1, y1, x2, y2 = one.x + WIDE, one.y + HIGH // 2, two.x, two.y + HIGH // 2
    bend = (x2 - x1) // 2 if x2 > x1 else 40  # in a ring it leads back
    way = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2 - 6} {y2}"
    return way, f"M{x2 - 1} {y2}l-7 -4v8z"


def _listed(boxes: tuple[Drawn, ...], view: View) -> Iterator[tuple[Drawn, tuple[str, ...]]]:
    """From what everything needs on; each with what it needs itself."""
    names = {one.box.id: one.box.name if one.box.folded else one.box.id for one in boxes}
    needs: dict[str, list[str]] = {}
    for need, at in view.edges:
        needs.setdefault(at, []).append(names[need])
    for one in sorted(boxes, key=lambda one: (one.box.step, one.y, one.x)):
        yield one, tuple(sorted(needs.get(one.box.id, ())))


def _centre(land: Land, held: tuple[Held, ...], at: str) -> Centre:
    own = [one for one in held if bare(one.address) == at]
    part, needs, readers = land.parts[at], land.needs.get(at, ()), land.readers.get(at, ())
    return Centre(
        id=at,
        module=part.module or ROOT,
        type=part.type,
        provider=own[0].provider.removeprefix('provider["').removesuffix('"]'),
        instances=tuple((one.address, one.tainted) for one in own[:LISTED]),
        more=max(0, len(own) - LISTED),
        needs=tuple(needs),
        readers=tuple(sorted(readers)),
        all_needs=len(graph.reach([at], land.needs)) - 1,
        all_readers=len(graph.reach([at], land.readers)) - 1,
    )

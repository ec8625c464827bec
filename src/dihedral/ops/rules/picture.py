"""The graph of `rules.dependence` as an SVG: what is touched at the left, who feels it right of it.

It holds no script and loads nothing. Colours follow the reader's light or dark; each action has a
sign as well, since not everybody sees colours.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dihedral.ops.rules import columns
from dihedral.ops.rules.dependence import FELT, MARKS, ROOT, Graph, Node
from dihedral.ops.rules.redact import visible

# all in pixels of a picture that is not scaled
WIDE, HIGH = 218, 44  # of a box
ACROSS, DOWN = 290, 58  # from one box to the next
MARGIN, HEAD, FOOT = 24, 64, 44
ROWS = 12  # boxes of a column before it goes on in another
LETTER = 6.7  # of a name
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# fmt: off
SIGNS: Mapping[str, tuple[str, str]] = {
    "delete": ("−", "destroyed"), "replace": ("±", "replaced"), "forget": ("∅", "left unmanaged"),
    "update": ("~", "changed"), "create": ("+", "new"), "import": ("↓", "taken over"),
    "move": ("→", "renamed"), "tag": ("#", "tags only"), FELT: ("○", "would feel it"),
}
# fmt: on
STYLE = """
svg{--ink:#1f2328;--dim:#59636e;--paper:#ffffff;--line:#8c959f;--delete:#cf222e;--replace:#bc4c00;
--forget:#6e7781;--update:#9a6700;--create:#1a7f37;--import:#8250df;--move:#8250df;--tag:#59636e;
--felt:#0969da}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--dim:#9198a1;--paper:#0d1117;--line:#6e7681;
--delete:#ff7b72;--replace:#ffa657;--forget:#9198a1;--update:#e3b341;--create:#56d364;
--import:#d2a8ff;--move:#d2a8ff;--tag:#9198a1;--felt:#79c0ff}}
text{font-family:ui-sans-serif,system-ui,"DejaVu Sans",sans-serif;fill:var(--ink);font-size:12px}
.paper{fill:var(--paper)}
.title{font-size:16px;font-weight:600}.dim{fill:var(--dim);font-size:11px}
.sign{font-size:17px;font-weight:700;text-anchor:middle}.warn{fill:var(--delete);font-weight:600}
.edge{fill:none;stroke:var(--line);stroke-width:1.2}.tip{fill:var(--line)}
.tint{stroke-width:1.6;fill-opacity:.1}.felt .tint{stroke-dasharray:5 3}
"""


@dataclass(frozen=True, slots=True)
class Spot:
    node: Node
    x: float
    y: float


def svg(found: Graph, title: str, line: str = "") -> str:
    """The picture, as a document of its own. `title` and `line` stand above it."""
    spots = {spot.node.id: spot for spot in _spots(found)}
    right = max((s.x + WIDE for s in spots.values()), default=0)
    low = max((s.y + HIGH for s in spots.values()), default=HEAD)
    wide, high = max(right + MARGIN, 640), low + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{wide:g}" height="{high:g}"'
        f' viewBox="0 0 {wide:g} {high:g}"><title>{_text(title)}</title>',
        f"<desc>{_text(line)}</desc><style>{STYLE}",
        *(_class(mark) for mark in MARKS),
        f'</style><rect class="paper" width="{wide:g}" height="{high:g}"/>',
        f'<text class="title" x="{MARGIN}" y="30">{_text(cut(title, 80))}</text>',
        f'<text class="dim" x="{MARGIN}" y="48">{_text(cut(line, int(wide / 6.2)))}</text>',
        *(_edge(spots[a], spots[b]) for a, b in found.edges),
        *(_box(spot) for spot in spots.values()),
        *_legend(found, high - 16),
        "</svg>",
    ]
    return "".join(parts) + "\n"


def _spots(found: Graph) -> Iterator[Spot]:
    """Chains in columns, left to right; what stands alone in rows below them."""
    tied = {end for edge in found.edges for end in edge}
    chained = {n.id: n for n in found.nodes if n.id in tied}
    step = columns.ranks(chained, found.edges)
    marked = columns.ordered(step, found.edges, lambda one: MARKS.index(chained[one].mark))
    x, low = float(MARGIN), float(HEAD)
    for column in marked:
        for start in range(0, len(column), ROWS):
            for row, one in enumerate(column[start : start + ROWS]):
                yield Spot(chained[one], x, HEAD + row * DOWN)
                low = max(low, HEAD + (row + 1) * DOWN)
            x += ACROSS
    alone = [n for n in found.nodes if n.id not in tied]
    beside = max(2, min(5, len(alone) // 4 + 1), round((x - MARGIN) / ACROSS))
    for at, node in enumerate(alone):
        yield Spot(node, MARGIN + at % beside * (WIDE + 24), low + at // beside * DOWN)


def _class(mark: str) -> str:
    colour = f"var(--{mark})"
    return f".{mark} .tint{{stroke:{colour};fill:{colour}}}.{mark} .sign{{fill:{colour}}}"


_SIZE = f'width="{WIDE}" height="{HIGH}" rx="7"'
_ROOM = WIDE - 44


def _box(spot: Spot) -> str:
    node, x, y = spot.node, spot.x, spot.y
    above, below = _words(node)
    warned = ["data" if node.tally else "loses data"] * node.loses + ["opens"] * node.opens
    warning = f'<tspan class="warn"> · {" · ".join(warned)}</tspan>' if warned else ""
    below = cut(below, int(_ROOM / 6.4) - sum(len(w) + 3 for w in warned))
    sign, words = SIGNS[node.mark]
    return (
        f'<g class="{node.mark}"><title>{_text(node.id)}: {_text(below)} {words}</title>'
        f'<rect class="paper" x="{x:g}" y="{y:g}" {_SIZE}/>'
        f'<rect class="tint" x="{x:g}" y="{y:g}" {_SIZE}/>'
        f'<text class="sign" x="{x + 18:g}" y="{y + 28:g}">{sign}</text>'
        f'<text x="{x + 36:g}" y="{y + 18:g}">{_text(above)}</text>'
        f'<text class="dim" x="{x + 36:g}" y="{y + 34:g}">{_text(below)}{warning}</text></g>'
    )


def _words(node: Node) -> tuple[str, str]:
    """The two lines of a box: a resource's name and type, or a group and how many of each mark."""
    if node.tally:
        many = " ".join(f"{SIGNS[mark][0]}{count}" for mark, count in node.tally)
        whole = node.kind if node.name == ROOT else f"{node.kind} · {node.name}"
        return cut(whole, int(_ROOM / LETTER)), many
    times = f" ×{node.count}" if node.count > 1 else ""
    return cut(node.name, int(_ROOM / LETTER) - len(times)) + times, node.kind


def _edge(one: Spot, two: Spot) -> str:
    """From the right side of what is read to the left side of its reader."""
    x1, y1, x2, y2 = one.x + WIDE, one.y + HIGH / 2, two.x, two.y + HIGH / 2
    if x2 > x1:
        bend = (x2 - x1) / 2
        way = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2 - 5:g} {y2:g}"
    else:  # a ring, or a chain that is longer than there are columns
        way = f"M{x1:g} {y1:g}C{x1 + 50:g} {y1:g} {x2 - 50:g} {y2:g} {x2 - 5:g} {y2:g}"
    tip = f"M{x2:g} {y2:g}l-7 -4v8z"
    return f'<path class="edge" d="{way}"/><path class="tip" d="{tip}"/>'


def _legend(found: Graph, y: float) -> Iterator[str]:
    x = float(MARGIN)
    for mark in MARKS:
        if any(node.mark == mark for node in found.nodes):
            sign, words = SIGNS[mark]
            yield (
                f'<g class="{mark}"><text class="sign" x="{x + 6:g}" y="{y:g}">{sign}</text></g>'
                f'<text class="dim" x="{x + 16:g}" y="{y - 1:g}">{words}</text>'
            )
            x += 34 + len(words) * 6.4
    said = [f"each box is a {found.groups}"] * bool(found.groups)
    said += [f"{found.left} more are not shown"] * bool(found.left)
    if said:
        yield f'<text class="dim" x="{x + 8:g}" y="{y - 1:g}">{"; ".join(said)}</text>'


def cut(text: str, room: int) -> str:
    """What fits, counting letters that are twice as wide as two."""
    width = 0
    for at, letter in enumerate(text):
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > room:
            return text[: max(0, at - 1)] + "…"
    return text


def _text(text: str) -> str:
    """Safe between tags and in attributes, and such as XML can hold."""
    return html.escape(visible(_NOT_XML.sub("\ufffd", text)), quote=True)

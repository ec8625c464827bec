"""`moved` blocks: whether what they move arrives, or is lost on the way.

Shape   an address is (directory, type, name), and (directory, "module", name) for a module's call.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import paths
from dihedral.ops.rules.hcl import Block, Source, Value
from dihedral.ops.rules.paths import Note

Address = tuple[str, str, str]
Tree = Mapping[str, Source]
_STEP = re.compile(r"([A-Za-z_][\w-]*)(?:\[(?:\d+|\"[^\"\\]*\")\])?")
_NOTHING = re.compile(
    r"0+|\{\s*\}|\[\s*\]|(?:toset|tomap|tolist)\(\s*(?:\[\s*\]|\{\s*\})?\s*\)|null"
)
_ONE = re.compile(r"[1-9]\d*")
_REFERENCE = re.compile(r"[A-Za-z_][\w-]*\s*[.\[]")
# moves from one type to another that lose nothing
_SAME = frozenset({("null_resource", "terraform_data")})
_MEND = "move to an address that is declared and has instances, or leave the block out"


def declared(files: Tree) -> dict[Address, tuple[str, Block]]:
    """Every resource and module call, with the file it stands in."""
    found: dict[Address, tuple[str, Block]] = {}
    for path, source in files.items():
        home = posixpath.dirname(path)
        for block in source.blocks:
            if block.kind == "resource" and len(block.labels) == 2:
                found[home, block.labels[0], block.labels[1]] = path, block
            elif block.kind == "module" and block.labels:
                found[home, "module", block.labels[0]] = path, block
    return found


def moves(files: Tree) -> Iterator[Note]:
    """What is wrong with the moves of all files together."""
    known = declared(files)
    ends: dict[tuple[str, str], str] = {}
    for path, block in _moved(files):
        start, end = (_said(block.values.get(name)) for name in ("from", "to"))
        home = posixpath.dirname(path)
        if (home, start) in ends:
            yield Note(path, block.line, f"{start} is moved twice", "leave one of them out")
        ends[home, start] = end
    for path, block in _moved(files):
        yield from _one(path, block, known, ends)


def _moved(files: Tree) -> Iterator[tuple[str, Block]]:
    for path, source in files.items():
        yield from ((path, block) for block in source.blocks if block.kind == "moved")


def _said(value: Value | None) -> str:
    said = (value.text or value.source) if value else ""
    return said.strip().removeprefix("${").removesuffix("}").strip()


def _one(
    path: str,
    block: Block,
    known: Mapping[Address, tuple[str, Block]],
    ends: Mapping[tuple[str, str], str],
) -> Iterator[Note]:
    home = posixpath.dirname(path)
    start = _said(block.values.get("from"))
    end = _last(home, start, ends)
    here, there = steps(start), steps(end or "")
    if end is None or not here or not there:
        yield Note(path, block.line, "where this moves to cannot be told", _MEND)
        return
    (kind, _), (other, _) = here[-1], there[-1]
    if kind != other and (kind, other) not in _SAME:
        why = f"this makes a {other} of a {kind}, and may destroy it"
        yield Note(path, block.line, why, "keep the type; replace it openly")
    base = (home, *here[0])
    if here[0] != there[0] and base in known and len(here) == 1 and "[" not in start:
        why = f"{start} is still declared, so this moves something else, or nothing"
        yield Note(path, block.line, why, "leave the block out, or take the old one away")
    yield from _arrives(path, block, there, known)


def _last(home: str, start: str, ends: Mapping[tuple[str, str], str]) -> str | None:
    """Where a chain of moves ends; None for a ring."""
    seen: set[str] = set()
    while (home, start) in ends:
        if start in seen:
            return None
        seen.add(start)
        start = ends[home, start]
    return start


def steps(address: str) -> list[tuple[str, str]]:
    """`module.a["k"].aws_vpc.b[0]` as (module, a), (aws_vpc, b); nothing for what is no address."""
    parts: list[str] = []
    at = 0
    while at < len(address):
        met = _STEP.match(address, at)
        if met is None or address[met.end() : met.end() + 1] not in ("", "."):
            return []
        parts.append(met[1])
        at = met.end() + 1
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    well = len(parts) % 2 == 0 and all(kind == "module" for kind, _ in pairs[:-1])
    return pairs if well and not address.endswith(".") else []


def _arrives(
    path: str,
    block: Block,
    there: list[tuple[str, str]],
    known: Mapping[Address, tuple[str, Block]],
) -> Iterator[Note]:
    home: str | None = posixpath.dirname(path)
    for kind, name in there:
        if home is None:
            return  # in a module that is not among the files
        found = known.get((home, kind, name))
        if found is None:
            why = f"this moves to {kind}.{name}, which is not declared: it would be destroyed"
            yield Note(path, block.line, why, _MEND)
            return
        yield from _none(path, block, f"{kind}.{name}", found[1])
        said = found[1].values.get("source")
        source = (said.text if said else None) or ""
        local = kind == "module" and source.startswith(("./", "../"))
        home = paths.resolve(home, source) if local else None


def _none(path: str, block: Block, name: str, target: Block) -> Iterator[Note]:
    for how in ("count", "for_each"):
        value = target.values.get(how)
        if value is None:
            continue
        said = value.source.strip() or ("" if value.items or value.elements else "{}")
        if _NOTHING.fullmatch(said):
            why = f"this moves to {name}, whose {how} is nothing: it would be destroyed"
            yield Note(path, block.line, why, _MEND)
        elif how == "count" and not _ONE.fullmatch(said) and not _REFERENCE.search(said):
            why = f"how many {name} there are cannot be told"
            yield Note(path, block.line, why, "write the number", Ruling.ASK)

"""What hides a loss: `moved`, `removed`, `ignore_changes`, and protection that was taken away.

Shape   a tree maps a file's path to what was read in it. An address is (directory, type, name), so
        that a resource stays the same when it moves to another file.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules.grants import GuardRules
from dihedral.ops.rules.hcl import Block, Value
from dihedral.ops.rules.moves import Address, Tree, declared, moves
from dihedral.ops.rules.paths import Note

_FIRST = re.compile(r"\s*(?:\$\{\s*)?\"?\s*([A-Za-z_][\w-]*)")
# attributes that keep data from being lost: which values keep it
_KEEPS: Mapping[str, bool] = {
    **dict.fromkeys(("deletion_protection", "deletion_protection_enabled"), True),
    **dict.fromkeys(("enable_deletion_protection", "delete_protection"), True),
    **dict.fromkeys(("disable_api_termination", "termination_protection"), True),
    **dict.fromkeys(("point_in_time_recovery_enabled", "copy_tags_to_snapshot"), True),
    **dict.fromkeys(("skip_final_snapshot", "force_destroy", "force_delete"), False),
    **dict.fromkeys(("force_detach_policies", "delete_automated_backups"), False),
    **dict.fromkeys(("force_overwrite_replica_secret", "skip_destroy_protection"), False),
}


def judge(files: Tree, before: Tree, rules: GuardRules) -> Iterator[Note]:
    """`before` is what was applied last; empty where nothing was."""
    for path, source in files.items():
        for block in source.blocks:
            yield from _ignored(path, block, rules)
            if block.kind == "removed":
                yield from _removed(path, block)
    yield from moves(files)
    yield from _unprotected(files, before, rules)


def _removed(path: str, block: Block) -> Iterator[Note]:
    said = [b.values["destroy"] for b in block.blocks if b.kind == "lifecycle" if b.values]
    plain = said[0].source.strip() if said else "true"
    if plain == "false":
        why = "this forgets what exists: it goes on to run, to cost and to be open, unmanaged"
        yield Note(path, block.line, why, "destroy it, or keep its block", Ruling.ASK)
    elif plain == "true":
        why = "this destroys what it names"
        yield Note(path, block.line, why, "take it out if it is to stay", Ruling.ASK)
    else:
        why = "whether this destroys or forgets cannot be told"
        yield Note(path, block.line, why, "write `destroy = true` or `destroy = false`")


def _ignored(path: str, block: Block, rules: GuardRules) -> Iterator[Note]:
    if block.kind not in ("resource", "module", "data") or not block.labels:
        return
    protected = rules.protects(block.labels[0])
    for inner in block.blocks:
        said = inner.values.get("ignore_changes") if inner.kind == "lifecycle" else None
        for name, line in _names(said) if said else ():
            if name in protected or not name:
                why = f"ignore_changes hides every later change of {name or 'what cannot be told'}"
                mend = "take it out of the list; guard.protected says what may not be in it"
                yield Note(path, line, why, mend)


def _names(value: Value) -> Iterator[tuple[str, int]]:
    """The attributes that a list of references begins with; `all`; nothing for what is unclear."""
    for said in value.elements or ((value,) if value.source.strip() not in ("", "[]") else ()):
        met = _FIRST.match(said.text or said.source)
        yield (met[1] if met else ""), said.line


def _unprotected(files: Tree, before: Tree, rules: GuardRules) -> Iterator[Note]:
    if not before:
        return
    now = declared(files)
    renamed = dict(_renamed(files))
    for address, (path, old) in declared(before).items():
        found = now.get(address) or now.get(renamed.get(address, address))
        if address[1] not in ("module", "data"):
            yield from _taken(address, path, old, found, rules)
        if found:
            yield from _loosened(*found, old)


def _renamed(files: Tree) -> Iterator[tuple[Address, Address]]:
    """Moves within one directory, from plain address to plain address."""
    for path, source in files.items():
        home = posixpath.dirname(path)
        for block in source.blocks:
            ends = [_plain(block.values.get(name)) for name in ("from", "to")]
            if block.kind == "moved" and ends[0] and ends[1]:
                yield (home, *ends[0]), (home, *ends[1])


def _plain(value: Value | None) -> tuple[str, str] | None:
    said = (value.text or value.source).strip() if value else ""
    kind, dot, name = said.partition("[")[0].partition(".")
    return (kind, name) if dot and "." not in name else None


def _kept(block: Block) -> str:
    said = [b.values.get("prevent_destroy") for b in block.blocks if b.kind == "lifecycle"]
    return next((v.source.strip() for v in said if v), "")


def _taken(
    address: Address,
    path: str,
    old: Block,
    found: tuple[str, Block] | None,
    rules: GuardRules,
) -> Iterator[Note]:
    spelled = f"{address[1]}.{address[2]}"
    if _kept(old) in ("", "false") or spelled in rules.releases:
        return
    if found is None or _kept(found[1]) != "true":
        where, line = (found[0], found[1].line) if found else (path, 0)
        why = f"prevent_destroy of {spelled} is taken away"
        mend = f"put it back; guard.releases with {spelled!r} lets it go"
        yield Note(where, line, why, mend)


def _loosened(path: str, new: Block, old: Block) -> Iterator[Note]:
    for name, keeps in _KEEPS.items():
        was, now = (_truth(b.values.get(name), default=not keeps) for b in (old, new))
        if was is not now and now is not keeps:
            line = new.values[name].line if name in new.values else new.line
            spelled = ".".join(new.labels)
            why = f"{name} of {spelled} no longer keeps it from being lost"
            yield Note(path, line, why, "put it back if that is not meant", Ruling.ASK)


def _truth(value: Value | None, *, default: bool) -> bool | None:
    """None is whatever an expression gives."""
    said = value.source.strip().strip('"') if value else ""
    return default if not said else {"true": True, "false": False}.get(said)

"""Whether providers and modules are those, and in the versions, that the workspace allows."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs

from dihedral.ops.rules import constraint, hcl, paths, scrub
from dihedral.ops.rules.grants import GuardRules, ModuleGrant, Pin, short
from dihedral.ops.rules.hcl import Block, Source, Value
from dihedral.ops.rules.paths import Note

LOCK = ".terraform.lock.hcl"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ODD = re.compile(r"[\s\\%@#]|(?:^|/)\.\.(?:/|$)|[^\x21-\x7e]")
Tree = Mapping[str, Source]


def foreign(source: str, rules: GuardRules) -> tuple[str, str]:
    return f"provider {source} is not allowed", f"use one of {', '.join(sorted(rules.providers))}"


def distant(source: str) -> tuple[str, str]:
    said = f"module source {scrub.shaped(source)!r} is not allowed"
    return said, 'copy the module into the directory and write source = "./NAME"'


def required(block: Block) -> Iterator[tuple[str, Value, str | None, str | None]]:
    """Local name, where, source and version of each; None for what is not written out."""
    for name, value in block.values.items():
        if not name or name == "//":
            continue
        items = value.items
        said = items.get("source")
        source = said.text if said else f"hashicorp/{name}"
        wanted = items.get("version")
        version = wanted.text if wanted else ""
        if not items:
            source, version = (f"hashicorp/{name}" if value.text is not None else None), value.text
        if hcl.UNKNOWN in items:
            source = None
        yield name, value, source, version


def judge(files: Tree, texts: Mapping[str, bytes], rules: GuardRules) -> Iterator[Note]:
    """Versions of providers, from the root's `required_providers` and from a lock file."""
    locked = {}
    for path in sorted(p for p in texts if posixpath.basename(p) == LOCK):
        for source, version, note in _lock(path, texts[path], rules):
            if posixpath.dirname(path) == rules.root:
                locked[source] = version
            if note:
                yield note
    asked = {s: v for path, s, v in _asked(files) if posixpath.dirname(path) == rules.root if s}
    for path, line, source in _used(files):
        pin = rules.pin(source)
        if pin and pin.version and not _fits(source, asked, locked, pin):
            why = f"provider {source} must be {pin.version}"
            mend = f'write version = "{pin.version}" in required_providers of the root'
            yield Note(path, line, why, mend)


def _asked(files: Tree) -> Iterator[tuple[str, str, str]]:
    for path, source in files.items():
        for block in source.blocks:
            for inner in block.blocks if block.kind == "terraform" else ():
                if inner.kind == "required_providers":
                    for _, _, said, version in required(inner):
                        yield path, short(said or ""), version or ""


def _used(files: Tree) -> Iterator[tuple[str, int, str]]:
    """Every provider, where it is first named or implied."""
    named = {(posixpath.dirname(p), n): s for p, n, s, _ in _names(files)}
    seen: dict[str, tuple[str, int]] = {}
    for path, _, said, line in _names(files):
        seen.setdefault(said, (path, line))
    for path, source in files.items():
        for block in source.blocks:
            local = local_name(block)
            if local:
                known = named.get((posixpath.dirname(path), local), short(local))
                seen.setdefault(known, (path, block.line))
    yield from ((path, line, source) for source, (path, line) in seen.items())


def _names(files: Tree) -> Iterator[tuple[str, str, str, int]]:
    for path, source in files.items():
        for block in source.blocks:
            for inner in block.blocks if block.kind == "terraform" else ():
                if inner.kind == "required_providers":
                    for name, value, said, _ in required(inner):
                        yield path, name, short(said or ""), value.line


def local_name(block: Block) -> str:
    """The provider that a block uses, by its name in this module; nothing for other blocks."""
    if block.kind not in ("resource", "data", "ephemeral", "action", "provider", "list"):
        return ""
    first = (block.labels or ("",))[0]
    said = block.values.get("provider")
    if block.kind == "provider" or said is None:
        return first if block.kind == "provider" else first.partition("_")[0]
    return re.split(r"[.\[]", (said.text or said.source).strip(' "${}'))[0].strip()


def _fits(source: str, asked: Mapping[str, str], locked: Mapping[str, str], pin: Pin) -> bool:
    outer = constraint.parse(pin.version)
    told = locked.get(source) or asked.get(source) or ""
    inner = constraint.parse(told) if told else None
    return bool(inner and outer and constraint.within(inner, outer))


def _lock(path: str, text: bytes, rules: GuardRules) -> Iterator[tuple[str, str, Note | None]]:
    mend = "leave the lock file out, or make it with the allowed versions"
    try:
        blocks = hcl.read(text, hcl.reader()).blocks
    except (hcl.Unreadable, RecursionError) as cause:
        yield "", "", Note(path, 1, f"the lock file cannot be read: {cause}", mend)
        return
    for block in blocks:
        source = short((block.labels or ("",))[0])
        pin = rules.pin(source)
        version, hashes = block.values.get("version"), block.values.get("hashes")
        said = (version.text if version else None) or ""
        note = None
        if block.kind != "provider" or pin is None:
            note = Note(path, block.line, *foreign(source or block.kind, rules))
        elif not _locked(said, pin):
            note = Note(path, block.line, f"{source} {said} is not {pin.version}", mend)
        elif pin.hashes and hashes and {e.text for e in hashes.elements} - pin.hashes:
            why = f"{source} has other hashes than those that are pinned"
            note = Note(path, hashes.line, why, mend)
        yield source, said, note


def _locked(version: str, pin: Pin) -> bool:
    inner, outer = constraint.parse(version), constraint.parse(pin.version or ">= 0")
    return bool(inner and outer and inner.one and constraint.within(inner, outer))


def module(
    path: str, block: Block, texts: Mapping[str, bytes], rules: GuardRules
) -> Iterator[Note]:
    """Where a module comes from, and in which version."""
    said = block.values.get("source")
    if said is None:
        yield Note(path, block.line, "a module without a source", 'write source = "./NAME"')
        return
    version = block.values.get("version")
    if said.text is not None and said.text.startswith(("./", "../")):
        yield from _local(path, said, texts)
    else:
        asked = version.text or "" if version else ""
        source = said.text if said.text is not None else ""
        why = remote(source, asked, rules) if source else distant(said.source)
        if why:
            yield Note(path, said.line, *why)


def _local(path: str, said: Value, texts: Mapping[str, bytes]) -> Iterator[Note]:
    source = said.text or ""
    home = paths.resolve(posixpath.dirname(path), source)
    if home is None or _ODD.search(source.replace("../", "")):
        yield Note(path, said.line, *distant(source))
    elif not any(posixpath.dirname(name) == home for name in texts):
        mend = "put the module's files there, or mend the source"
        yield Note(path, said.line, f"there is no module in {source!r}", mend)


def remote(source: str, version: str, rules: GuardRules) -> tuple[str, str] | None:
    """Why a module from elsewhere is not allowed; None where it is."""
    address, _, query = source.partition("?")
    met = [g for g in map(_grant, rules.modules) if _covers(g, address)]
    if not met:
        return distant(source)
    faults = [_faults(grant, parse_qs(query, keep_blank_values=True), version) for grant in met]
    return None if None in faults else faults[0]


def _grant(said: str | ModuleGrant) -> ModuleGrant:
    return ModuleGrant(prefix=said) if isinstance(said, str) else said


def _covers(grant: ModuleGrant, address: str) -> bool:
    if grant.source:
        return address == grant.source
    rest = address.removeprefix(grant.prefix)
    if not address.startswith(grant.prefix) or _ODD.search(rest):
        return False
    return not rest or grant.prefix.endswith("/") or rest.startswith("/")


def _faults(
    grant: ModuleGrant, query: Mapping[str, list[str]], version: str
) -> tuple[str, str] | None:
    """What a granted module lacks of what its grant asks for."""
    if set(query) - {"ref", "checksum", "depth"} or any(len(v) != 1 for v in query.values()):
        return "the module's source asks for more than a ref", "leave only `?ref=` in it"
    ref, outer = query.get("ref", [""])[0], constraint.parse(grant.version)
    inner = constraint.parse(version) if version else None
    if grant.version and not (inner and outer and constraint.within(inner, outer)):
        return f"the module must be {grant.version}", f'write version = "{grant.version}"'
    if grant.ref and ref != grant.ref:
        return f"the module must be at {grant.ref}", f"write `?ref={grant.ref}` behind its source"
    if grant.hash and query.get("checksum", [""])[0] != grant.hash:
        return "the module's archive is not the pinned one", f"write `?checksum={grant.hash}`"
    if grant.pinned and not (_COMMIT.fullmatch(ref) or (inner and inner.one)):
        return "the module is not pinned", "write the full commit as `?ref=`, or one exact version"
    return None

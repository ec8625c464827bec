"""The guard: reads a proposal's files before Terraform does, and says early what may not be there.

It is the friendly message; the sandbox is the wall. It fails closed: what it cannot read it
denies, and so it does with blocks whose names it does not know.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import blocks, hcl, hcljson, lifecycle, paths, pins, planned, texts
from dihedral.ops.rules.grants import PROVIDERS, GuardRules, rules_of
from dihedral.ops.rules.hcl import Reader, Source
from dihedral.ops.rules.paths import Note

__all__ = ["AGAIN", "GATE", "PROVIDERS", "GuardRules", "read", "recheck", "rules_of"]

GATE = "guard"  # the files, before Terraform reads them
AGAIN = "plan"  # the configuration in the plan, as Terraform read it
_NOTHING: Mapping[str, bytes] = MappingProxyType({})
_SYNTAX = "mend its syntax; `terraform validate` says more"
_FAULTS = 5  # unreadable files, after which no other is read
_SHOWN = 200  # findings; more help nobody


def read(
    files: Mapping[str, bytes], rules: GuardRules, before: Mapping[str, bytes] = _NOTHING
) -> Verdict:
    """The verdict on a proposal's files; both map a relative path with `/` to its bytes.

    `before` is what was applied last; empty where nothing was.
    """
    notes = list(_sizes(files, rules))
    if not notes:
        reader = hcl.reader()
        notes = [note for path in sorted(files) for note in paths.name(path)]
        notes += paths.together(files)
        for path in sorted(files):
            notes += texts.judge(path, files[path], configures=_configures(path))
        notes += _configuration(files, before, reader, rules)
    return _verdict(notes, f"{len(files)} files read, nothing that is not allowed")


def recheck(plan_json: bytes, rules: GuardRules) -> Verdict:
    """The verdict on the configuration as Terraform itself understood it, from the plan's JSON."""
    fine = "the plan's own configuration has nothing that is not allowed"
    return _verdict(planned.judge(plan_json, rules), fine, AGAIN)


def _verdict(notes: Iterable[Note], fine: str, gate: str = GATE) -> Verdict:
    unique = list(dict.fromkeys(notes))
    if not unique:
        return Verdict(Ruling.ALLOW, gate, fine)
    ruling = strictest(Verdict(n.ruling, gate, "") for n in unique)
    unique.sort(key=lambda n: n.ruling is not ruling)
    worst = unique[0]
    more = f", and {len(unique) - 1} more" if len(unique) > 1 else ""
    said = f"{worst.where}: {worst.message}" if worst.where else worst.message
    findings = tuple(Finding(n.message, n.where, n.mend) for n in unique[:_SHOWN])
    return Verdict(ruling, gate, said + more, findings)


def _sizes(files: Mapping[str, bytes], rules: GuardRules) -> Iterator[Note]:
    total = sum(map(len, files.values()))
    if len(files) > rules.max_files:
        mend = f"at most {rules.max_files} are read; leave out what Terraform does not need"
        yield Note("", 0, f"there are {len(files)} files", mend)
    if total > rules.max_bytes:
        mend = f"at most {rules.max_bytes:,} are read; leave out what Terraform does not need"
        yield Note("", 0, f"the files hold {total:,} bytes", mend)
    for path, text in sorted(files.items()):
        if (_configures(path) or path.endswith((".hcl", ".tfvars"))) and len(text) > rules.max_file:
            mend = f"at most {rules.max_file:,} are read; split it"
            yield Note(path, 1, f"this file holds {len(text):,} bytes", mend)


def _configures(path: str) -> bool:
    return bool(paths.CONFIGURES.search(path))


def _configuration(
    files: Mapping[str, bytes], before: Mapping[str, bytes], reader: Reader, rules: GuardRules
) -> Iterator[Note]:
    found: dict[str, Source] = {}
    faults: list[Note] = []
    for path in sorted(files):
        if len(faults) >= _FAULTS:
            break
        if _configures(path) or blocks.IS_TEST.search(path):
            faults += _source(path, files[path], reader, found)
        elif path.endswith((".tfvars", ".hcl")):
            faults += _other(path, files[path], reader)
    yield from faults
    if not any(posixpath.dirname(path) == rules.root for path in files if _configures(path)):
        mend = "put at least one .tf file there, not only in directories below"
        yield Note(rules.root, 0, "there is no Terraform configuration in the directory", mend)
    for path, source in found.items():
        yield from texts.letters(path, files[path], source, reader, rules)
    yield from texts.templates(found, files, reader, rules)
    yield from blocks.judge(found, files, rules)
    yield from pins.judge(found, files, rules)
    yield from lifecycle.judge(found, _earlier(before, reader), rules)


def _source(path: str, text: bytes, reader: Reader, found: dict[str, Source]) -> Iterator[Note]:
    """Adds what a file says to `found`, or says why it cannot be read."""
    try:
        inside = hcljson.read if path.endswith(".json") else hcl.read
        found[path] = inside(text, reader)
    except hcl.Unreadable as cause:
        yield Note(path, cause.line, str(cause), _SYNTAX)
    except (UnicodeDecodeError, RecursionError):
        yield Note(path, 1, "this cannot be read", "write it in plain UTF-8, less deeply nested")


def _other(path: str, text: bytes, reader: Reader) -> Iterator[Note]:
    """Variables and lock files: nothing to judge but that they can be read."""
    try:
        hcl.read(text, reader)
    except (hcl.Unreadable, UnicodeDecodeError, RecursionError) as cause:
        line = cause.line if isinstance(cause, hcl.Unreadable) else 1
        yield Note(path, line, "this cannot be read as Terraform's language", "mend its syntax")


def _earlier(before: Mapping[str, bytes], reader: Reader) -> dict[str, Source]:
    """What was applied last, as far as it can be read: it was judged when it came."""
    found: dict[str, Source] = {}
    for path in sorted(filter(_configures, before)):
        list(_source(path, before[path], reader, found))
    return found

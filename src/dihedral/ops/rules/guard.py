"""The guard: reads a proposal's files before Terraform does, and says early what may not be there.

It is the friendly message; the sandbox is the wall. It fails closed: what it cannot read it
denies, and so it does with blocks whose names it does not know.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
from tree_sitter import Parser

from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import blocks, hcl, lexical, paths, planjson
from dihedral.ops.rules.blocks import Seen
from dihedral.ops.rules.paths import Note

GATE = "guard"  # the files, before Terraform reads them
AGAIN = "plan"  # the configuration in the plan, as Terraform read it
PROVIDERS = frozenset(
    {
        *("hashicorp/aws", "hashicorp/random", "hashicorp/null", "hashicorp/local"),
        *("hashicorp/tls", "hashicorp/time", "hashicorp/archive", "hashicorp/cloudinit"),
        "terraform.io/builtin/terraform",
    }
)
_TEXT = (".tf", ".tofu", ".json", ".tfvars", ".hcl", ".tftpl", ".tpl", ".md", ".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """What a workspace allows. A module source is allowed if it begins with one of `modules`."""

    providers: frozenset[str] = PROVIDERS
    modules: tuple[str, ...] = ()
    root: str = ""  # the directory, below the top, that Terraform is started in
    max_files: int = 2_000
    max_file: int = 1_000_000  # bytes, of a file that Terraform reads as configuration
    max_bytes: int = 20_000_000  # of all files together


def read(files: Mapping[str, bytes], rules: GuardRules) -> Verdict:
    """The verdict on a proposal's files; `files` maps a relative path with `/` to its bytes."""
    notes = list(_sizes(files, rules))
    if not notes:
        reader = hcl.parser()
        for path in sorted(files):
            notes.extend(_file(path, files[path], reader))
        notes.extend(_configuration(files, reader, rules))
    return _verdict(notes, f"{len(files)} files read, nothing that is not allowed")


def recheck(plan_json: bytes, rules: GuardRules) -> Verdict:
    """The verdict on the configuration as Terraform itself understood it, from the plan's JSON."""
    try:
        document = msgspec.json.decode(plan_json, type=planjson.Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        said = Note("", 0, f"the plan's configuration cannot be read: {cause}", "plan again")
        return _verdict([said], "", AGAIN)
    if document.configuration is None:
        said = Note("", 0, "the plan does not say what it was made from", "plan again")
        return _verdict([said], "", AGAIN)
    found = [*_planned_providers(document, rules)]
    found += _planned_module(document.configuration.root_module, "", rules)
    return _verdict(found, "the plan's own configuration has nothing that is not allowed", AGAIN)


def allowed(source: str, providers: Iterable[str]) -> bool:
    """Whether a provider's source address, in full or in short, is on the list."""
    short = source.lower()
    for host in ("registry.terraform.io/", "registry.opentofu.org/"):
        short = short.removeprefix(host)
    return short in providers


def _verdict(notes: Iterable[Note], fine: str, gate: str = GATE) -> Verdict:
    unique = list(dict.fromkeys(notes))
    findings = tuple(Finding(n.message, n.where, n.mend) for n in unique)
    if not unique:
        return Verdict(Ruling.ALLOW, gate, fine)
    ruling = strictest(Verdict(n.ruling, gate, "") for n in unique)
    worst = next(n for n in unique if n.ruling is ruling)
    more = f", and {len(unique) - 1} more" if len(unique) > 1 else ""
    said = f"{worst.where}: {worst.message}" if worst.where else worst.message
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
        if _configures(path) and len(text) > rules.max_file:
            mend = f"at most {rules.max_file:,} are read; split it"
            yield Note(path, 1, f"this file holds {len(text):,} bytes", mend)


def _file(path: str, text: bytes, reader: Parser) -> Iterator[Note]:
    """What is wrong with one file, whatever the others say."""
    yield from paths.name(path)
    if not path.endswith(_TEXT):
        return
    try:
        words = text.decode()
    except UnicodeDecodeError as cause:
        at = lexical.line_at(text, cause.start)
        yield Note(path, at, "this is not UTF-8 text", "save the file as UTF-8")
        return
    for line, code in lexical.hostile(words):
        mend = "take it out: it can hide what the file says"
        yield Note(path, line, f"there is a control or invisible character ({code})", mend)
    for line in lexical.keys(words):
        mend = "make it invalid, and pass a new one as a sensitive variable"
        yield Note(path, line, "this looks like a credential", mend)
    if path.endswith((".tfvars", ".hcl")) and reader.parse(text).root_node.has_error:
        yield Note(path, 1, "this cannot be read as Terraform's language", "mend its syntax")


def _configures(path: str) -> bool:
    return path.endswith((".tf", ".tf.json", ".tofu", ".tofu.json"))


def _configuration(files: Mapping[str, bytes], reader: Parser, rules: GuardRules) -> Iterator[Note]:
    read: dict[str, hcl.Source] = {}
    for path in sorted(filter(_configures, files)):
        try:
            inside = hcl.read_json if path.endswith(".json") else hcl.read
            read[path] = inside(files[path], reader)
        except hcl.Unreadable as cause:
            yield Note(
                path, cause.line, str(cause), "mend its syntax; `terraform validate` says more"
            )
        except (UnicodeDecodeError, RecursionError):
            yield Note(
                path, 1, "this cannot be read", "write it in plain UTF-8, less deeply nested"
            )
        else:
            yield from _letters(path, files[path], read[path])
    if not any(posixpath.dirname(path) == rules.root for path in files if _configures(path)):
        mend = "put at least one .tf file there, not only in directories below"
        yield Note(rules.root, 0, "there is no Terraform configuration in the directory", mend)
    allow = blocks.Allow(
        provider=lambda source: allowed(source, rules.providers),
        module=lambda source: source.startswith(rules.modules),
        providers=tuple(sorted(rules.providers)),
        files=frozenset(files),
        root=rules.root,
    )
    yield from blocks.judge({path: Seen(s.blocks, s.calls) for path, s in read.items()}, allow)


def _letters(path: str, text: bytes, source: hcl.Source) -> Iterator[Note]:
    """What the letters say and the reader may not see; JSON has but one reading."""
    seen = frozenset(call.at for call in source.calls)
    if path.endswith(".json"):
        return
    for line, name in lexical.unseen_calls(text, seen):
        said = f"this looks like a call of {name}(), and cannot be told from one for certain"
        yield Note(path, line, said, "take it out, or write it in other words")
    for line, name in lexical.blocks(text):
        yield Note(path, line, *blocks.banned(name))


def _planned_providers(document: planjson.Document, rules: GuardRules) -> Iterator[Note]:
    settings = (document.configuration and document.configuration.provider_config) or {}
    named = {p.full_name or f"hashicorp/{p.name}" for p in settings.values()}
    changes = (document.resource_changes or (), document.resource_drift or ())
    named |= {c.provider_name for some in changes for c in some if c.provider_name}
    for source in sorted(named):
        short = f"hashicorp/{source}" if "/" not in source else source
        if not allowed(short, rules.providers):
            yield Note("", 0, *blocks.foreign(source, sorted(rules.providers)))


def _planned_module(module: planjson.Module, path: str, rules: GuardRules) -> Iterator[Note]:
    for resource in module.resources or ():
        address = path + resource.address
        for provisioner in resource.provisioners or ():
            said, mend = blocks.banned("provisioner")
            yield Note(address, 0, f"{said} ({provisioner.type})", mend)
        if resource.mode == "data" and resource.type in blocks.BANNED:
            yield Note(address, 0, *blocks.banned(resource.type))
    for name, call in (module.module_calls or {}).items():
        inside = f"{path}module.{name}"
        if not call.source.startswith(("./", "../", *rules.modules)):
            yield Note(inside, 0, *blocks.distant(call.source))
        if call.module:
            yield from _planned_module(call.module, f"{inside}.", rules)

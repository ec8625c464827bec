"""Which blocks and calls a configuration may have: the guard's tables, and what reads them."""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import paths, secret
from dihedral.ops.rules.hcl import Block, Call, Value
from dihedral.ops.rules.lexical import FILE_FUNCTIONS
from dihedral.ops.rules.paths import Note

TOP = frozenset(
    {
        *("terraform", "provider", "resource", "data", "module", "variable", "output", "locals"),
        *("moved", "import", "removed", "check", "ephemeral", "action"),
    }
)
_RUNS = "it runs a program of its own on the machine that applies"
_STATE = "the workspace keeps the state"
# fmt: off
BANNED: Mapping[str, tuple[str, str]] = {
    "provisioner": (f"a provisioner is not allowed: {_RUNS}", "use a resource, or `user_data`"),
    "connection": ("a connection is of use to a provisioner only, and none is allowed",
                   "take it out"),
    "backend": (f"a backend is not allowed: {_STATE}", "take the block out"),
    "cloud": (f"a cloud block is not allowed: {_STATE}", "take the block out"),
    "state_store": (f"a state store is not allowed: {_STATE}", "take the block out"),
    "external": (f"external data is not allowed: {_RUNS}", "pass the value as a variable"),
    "http": ("http data is not allowed: it reaches hosts that nobody allowed",
             "pass the value as a variable"),
    "terraform_remote_state": ("reading another state is not allowed here: it holds every secret",
                               "pass the value as a variable"),
}
# attributes in which a provider reads or writes a file on the machine that runs Terraform
FILES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("data", "local_file"): ("filename",),
    ("data", "local_sensitive_file"): ("filename",),
    ("resource", "local_file"): ("filename", "source"),
    ("resource", "local_sensitive_file"): ("filename", "source"),
    ("data", "archive_file"): ("source_file", "source_dir", "output_path"),
    ("resource", "archive_file"): ("source_file", "source_dir", "output_path"),
    ("resource", "aws_s3_object"): ("source",),
    ("resource", "aws_s3_bucket_object"): ("source",),
    ("resource", "aws_lambda_function"): ("filename",),
    ("resource", "aws_lambda_layer_version"): ("filename",),
    ("resource", "aws_elastic_beanstalk_application_version"): ("filename",),
    ("provider", "aws"): ("shared_config_files", "shared_credentials_files", "custom_ca_bundle"),
}
# fmt: on
_SETTINGS = frozenset({"backend", "cloud", "state_store"})  # elsewhere these are a resource's own
_ELSEWHERE = ("endpoints", "http_proxy", "https_proxy", "custom_ca_bundle")
_MOCK = frozenset(
    {"", "test", "mock", "fake", "dummy", "example", "mock_access_key", "mock_secret_key"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    blocks: tuple[Block, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Allow:
    provider: Callable[[str], bool]
    module: Callable[[str], bool]
    providers: tuple[str, ...]
    files: frozenset[str]
    root: str  # the directory that Terraform is started in


def banned(name: str) -> tuple[str, str]:
    return BANNED[name]


def foreign(source: str, providers: Sequence[str]) -> tuple[str, str]:
    return f"provider {source} is not allowed", f"use one of {', '.join(providers)}"


def distant(source: str) -> tuple[str, str]:
    said = f"module source {source!r} is not allowed"
    return said, 'copy the module into the directory and write source = "./NAME"'


def judge(files: Mapping[str, Seen], allow: Allow) -> Iterator[Note]:
    """Everything in these files that may not be there."""
    names = _declared(files)
    for path, seen in files.items():
        directory = posixpath.dirname(path)
        for call in seen.calls:
            yield from _call(path, call, allow.root)
        for block in seen.blocks:
            if block.kind not in TOP:
                said = f"a block {block.kind!r} is not known"
                yield Note(path, block.line, said, "take it out, or mend its name")
            yield from _block(path, block, allow)
            yield from _provider(path, block, names.get(directory, {}), allow)


def _declared(files: Mapping[str, Seen]) -> dict[str, dict[str, str]]:
    """Directory → local name of a provider → the source that `required_providers` says."""
    found: dict[str, dict[str, str]] = {}
    for path, seen in files.items():
        names = found.setdefault(posixpath.dirname(path), {})
        for block in seen.blocks:
            for inner in block.blocks if block.kind == "terraform" else ():
                for name, value in _required(inner):
                    names[name] = _source(name, value) or ""
    return found


def _required(block: Block) -> Iterator[tuple[str, Value]]:
    if block.kind == "required_providers":
        yield from ((name, value) for name, value in block.values.items() if name)


def _source(name: str, value: Value) -> str | None:
    """The source of a required provider; None where it is not written out."""
    if not value.items:
        return f"hashicorp/{name}" if value.text is not None else None
    if "\\" in value.items:
        return None
    said = value.items.get("source")
    return f"hashicorp/{name}" if said is None else said.text


def _block(path: str, block: Block, allow: Allow, parent: str = "") -> Iterator[Note]:
    """One block and those in it. A `data` block may stand in a `check`."""
    first = (block.labels or ("",))[0]
    if "\\" in block.labels:
        yield Note(path, block.line, "a label has escapes in it", "write the label plainly")
    named = {"dynamic": first, "data": first, "ephemeral": first}.get(block.kind, block.kind)
    if named in BANNED and (parent == "terraform" or block.kind not in _SETTINGS):
        yield Note(path, block.line, *BANNED[named])
    if block.kind in _JUDGES:
        yield from _JUDGES[block.kind](path, block, allow)
    for attribute in FILES.get((block.kind, first), ()):
        if attribute in block.values:
            yield from _file(path, attribute, block.values[attribute], allow)
    for inner in block.blocks:
        yield from _block(path, inner, allow, block.kind)


def _providers(path: str, block: Block, allow: Allow) -> Iterator[Note]:
    for name, value in _required(block):
        source = _source(name, value)
        if source is None or not allow.provider(source):
            yield Note(path, value.line, *foreign(source or "(not a literal)", allow.providers))


def _provider(path: str, block: Block, names: Mapping[str, str], allow: Allow) -> Iterator[Note]:
    """A provider that is used without being declared is `hashicorp/NAME`; so it is judged here."""
    if (
        block.kind not in ("resource", "data", "ephemeral", "action", "provider")
        or not block.labels
    ):
        return
    local = block.labels[0].partition("_")[0]
    if block.kind == "provider":
        local = block.labels[0]
    elif "provider" in block.values:
        local = block.values["provider"].source.strip('"').partition(".")[0].strip()
    source = "terraform.io/builtin/terraform" if local == "terraform" else f"hashicorp/{local}"
    if local not in names and not allow.provider(source):
        yield Note(path, block.line, *foreign(source, allow.providers))


def _module(path: str, block: Block, allow: Allow) -> Iterator[Note]:
    said = block.values.get("source")
    if said is None:
        return  # of an override file; Terraform itself refuses any other
    source = said.text
    if source is not None and source.startswith(("./", "../")):
        home = paths.resolve(posixpath.dirname(path), source)
        if home is None:
            yield Note(path, said.line, *distant(source))
        elif not any(posixpath.dirname(name) == home for name in allow.files):
            mend = "put the module's files there, or mend the source"
            yield Note(path, said.line, f"there is no module in {source!r}", mend)
    elif source is None or not allow.module(source):
        yield Note(path, said.line, *distant(source or said.source))


def _settings(path: str, block: Block, _: Allow) -> Iterator[Note]:
    for name, value in block.values.items():
        literal = value.source if value.source.startswith("<<") else value.text or ""
        if secret.named(name) and literal.lower() not in _MOCK:
            mend = "take it out; the workspace's variables hold credentials"
            yield Note(
                path, value.line, f"a credential is written into the provider ({name})", mend
            )
    elsewhere = [n for n in _ELSEWHERE if n in block.values]
    elsewhere += [b.kind for b in block.blocks if b.kind == "endpoints"]
    if elsewhere:
        said = f"the provider is sent to another host ({elsewhere[0]})"
        yield Note(path, block.line, said, "take it out if the cloud itself is meant", Ruling.ASK)


_JUDGES: Mapping[str, Callable[[str, Block, Allow], Iterator[Note]]] = {
    "module": _module,
    "provider": _settings,
    "required_providers": _providers,
}


def _call(path: str, call: Call, root: str) -> Iterator[Note]:
    if call.name not in FILE_FUNCTIONS:
        return
    if call.name == "pathexpand":
        said = "pathexpand() tells where the machine's home is"
        yield Note(path, call.line, said, "write a path below path.module")
        return
    count = 2 if call.name == "fileset" else 1
    first = (*call.paths[:count], *[None] * count)[:count]
    for said_path in first:
        if said_path is None:
            said = f"{call.name}() reads a path that is not written out"
            yield Note(path, call.line, said, 'write it as "${path.module}/NAME"')
        elif paths.inside(said_path, path, root) is None:
            said = f"{call.name}() reads {said_path!r}, outside of the directory"
            yield Note(path, call.line, said, "copy what is needed into the directory")


def _file(path: str, attribute: str, value: Value, allow: Allow) -> Iterator[Note]:
    if value.path is None:
        if "archive_file." not in value.source:
            said = f"{attribute} is a file whose path is not written out"
            mend = 'write it as "${path.module}/NAME"'
            yield Note(path, value.line, said, mend, Ruling.ASK)
    elif paths.inside(value.path, path, allow.root) is None:
        said = f"{attribute} is {value.path!r}, outside of the directory"
        yield Note(path, value.line, said, "keep files inside the directory")

"""Which blocks, calls and file attributes a configuration may have: tables, and what reads them."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import confusable, paths, pins, plaintext, provider, reach
from dihedral.ops.rules.grants import BUILTIN, GuardRules
from dihedral.ops.rules.hcl import UNKNOWN, Block, Call, Source, Value
from dihedral.ops.rules.lexical import COMPUTED, FILE_FUNCTIONS
from dihedral.ops.rules.paths import Note

TOP = frozenset(
    {
        *("terraform", "provider", "resource", "data", "module", "variable", "output", "locals"),
        *("moved", "import", "removed", "check", "ephemeral", "action"),
    }
)
TESTS = frozenset(
    {
        *("run", "variables", "provider", "test", "file", "mock_provider"),
        *("override_resource", "override_data", "override_module"),
    }
)
IS_TEST = re.compile(r"\.(tftest|tofutest)\.hcl$")
# fmt: off
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
    ("resource", "aws_synthetics_canary"): ("zip_file",),
    ("resource", "aws_gamelift_script"): ("zip_file",),
    ("resource", "aws_glacier_vault_lock"): (),
    ("resource", "google_storage_bucket_object"): ("source",),
    ("resource", "azurerm_storage_blob"): ("source",),
}
# data that does something when it is read, before anybody said yes
_ACTS: Mapping[str, str] = {
    "aws_lambda_invocation": "it runs a function while the plan is made",
    "aws_cloudcontrolapi_resource": "it reads anything that the credentials can",
}
# what is asked about wherever it stands under `terraform`
_ODD = {"experiments": "an experiment of Terraform may change what the rest means",
        "provider_meta": "this tells a provider something that no plan shows"}
# fmt: on
OWN = re.compile(r"(^|/)((\.terraform|\.workspaces)(/|$)|terraform\.tfstate)|\.tfstate")
_ABROAD = re.compile(r'"(?:/|~|\.\.|\$\{path\.(?:module|root)\}/\.\.)')


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands, and what is known around it."""

    path: str
    rules: GuardRules
    files: Set[str]
    texts: Mapping[str, bytes]


def judge(
    files: Mapping[str, Source], texts: Mapping[str, bytes], rules: GuardRules
) -> Iterator[Note]:
    """Everything in these files that may not be there."""
    names = _declared(files)
    for path, seen in files.items():
        local = names.get(posixpath.dirname(path), {})
        place = Place(path, rules, texts.keys(), texts)
        for call in seen.calls:
            yield from _call(place, call, local)
        for block in seen.blocks:
            if block.kind not in (TESTS if IS_TEST.search(path) else TOP):
                said = f"a block {block.kind!r} is not known"
                yield Note(path, block.line, said, "take it out, or mend its name")
            yield from _block(place, block)
            yield from _provider(path, block, local, rules)


def _declared(files: Mapping[str, Source]) -> dict[str, dict[str, str]]:
    """Directory → local name of a provider → the source that `required_providers` says."""
    found: dict[str, dict[str, str]] = {}
    for path, seen in files.items():
        names = found.setdefault(posixpath.dirname(path), {})
        for block in seen.blocks:
            for inner in block.blocks if block.kind == "terraform" else ():
                if inner.kind == "required_providers":
                    names |= {name: source or "" for name, _, source, _ in pins.required(inner)}
    return found


def _block(place: Place, block: Block, parent: str = "") -> Iterator[Note]:
    """One block and those in it. A `data` block may stand in a `check`."""
    path, first = place.path, (block.labels or ("",))[0]
    if UNKNOWN in block.labels or block.escaped:
        yield Note(path, block.line, "a label has escapes in it", "write the label plainly")
    for name in block.labels:
        if why := confusable.deceives(name):
            yield Note(path, block.line, f"the name {name!r} {why}", "write it in one script")
    yield from reach.judge(path, block, parent, place.rules)
    yield from _known(place, block)
    for attribute in FILES.get((block.kind, first), ()):
        if attribute in block.values:
            yield from _file(place, attribute, block.values[attribute])
    for inner in block.blocks:
        yield from _block(place, inner, block.kind)


def _known(place: Place, block: Block) -> Iterator[Note]:
    """What a block of a certain kind may not say."""
    path, rules, first = place.path, place.rules, (block.labels or ("",))[0]
    if block.kind == "module":
        yield from pins.module(path, block, place.texts, rules)
    elif block.kind == "provider" and block.labels:
        yield from provider.judge(path, block, rules)
    elif block.kind == "required_providers":
        for _, value, source, _ in pins.required(block):
            if source is None or rules.pin(source) is None:
                yield Note(path, value.line, *pins.foreign(source or "(not a literal)", rules))
    yield from _asked(path, block, first)
    for name in (*block.values, block.kind):
        if name in _ODD and block.kind in ("terraform", "provider_meta"):
            yield Note(path, block.line, _ODD[name], "take it out", Ruling.ASK)


def _asked(path: str, block: Block, first: str) -> Iterator[Note]:
    if block.kind == "variable" and "default" in block.values:
        yield from _default(path, first, block.values["default"])
    elif block.kind == "action" and first not in reach.BANNED:
        said = "an action does something that no plan shows as a change"
        yield Note(path, block.line, said, "take it out if a resource does as well", Ruling.ASK)
    elif block.kind in ("data", "ephemeral") and first in _ACTS:
        yield Note(path, block.line, _ACTS[first], "pass the value as a variable", Ruling.ASK)


def _default(path: str, name: str, value: Value) -> Iterator[Note]:
    if value.text is not None and plaintext.literal(name, value.text):
        said = f"a secret in plain text (the default of {name})"
        yield Note(path, value.line, said, "take the default out, and set a sensitive variable")


def _provider(
    path: str, block: Block, names: Mapping[str, str], rules: GuardRules
) -> Iterator[Note]:
    """A provider that is used without being declared is `hashicorp/NAME`; so it is judged here."""
    local = pins.local_name(block)
    if not local:
        return
    source = BUILTIN if local == "terraform" else f"hashicorp/{local}"
    if local not in names and rules.pin(source) is None:
        yield Note(path, block.line, *pins.foreign(source, rules))


def _call(place: Place, call: Call, names: Mapping[str, str]) -> Iterator[Note]:
    path = place.path
    if call.space.replace(" ", "").startswith("provider::"):
        local = call.space.partition("::")[2].partition("::")[0].strip()
        source = names.get(local, BUILTIN if local == "terraform" else f"hashicorp/{local}")
        if place.rules.pin(source) is None:
            yield Note(path, call.line, *pins.foreign(source or local, place.rules))
    if call.name == "nonsensitive":
        said = "nonsensitive() takes the mark from a secret"
        yield Note(path, call.line, said, "leave it out if the value is one", Ruling.ASK)
    yield from file_call(place, call)


def file_call(place: Place, call: Call) -> Iterator[Note]:
    """A call that reads a file, also one in a template."""
    path = place.path
    if call.name in COMPUTED:
        said = f"{call.name}() runs a text that nobody can read before"
        yield Note(path, call.line, said, "write the template in its place, or use templatefile()")
    elif call.name == "pathexpand":
        said = "pathexpand() tells where the machine's home is"
        yield Note(path, call.line, said, "write a path below path.module")
    elif call.name in FILE_FUNCTIONS:
        count = 2 if call.name == "fileset" else 1
        for said_path in (*call.paths[:count], *[None] * count)[:count]:
            yield from _reads(place, call, said_path)


def _reads(place: Place, call: Call, said_path: str | None) -> Iterator[Note]:
    path, root = place.path, place.rules.root
    if said_path is None:
        said = f"{call.name}() reads a path that is not written out"
        yield Note(path, call.line, said, 'write it as "${path.module}/NAME"')
        return
    found = paths.inside(said_path, path, root)
    if found is None:
        said = f"{call.name}() reads {said_path!r}, outside of the directory"
        yield Note(path, call.line, said, "copy what is needed into the directory")
    elif OWN.search(found):
        said = f"{call.name}() reads {said_path!r}, which is Terraform's own"
        yield Note(path, call.line, said, "leave it out; a state holds every secret")
    elif call.name == "templatefile" and found not in place.files:
        said = f"there is no template {said_path!r}, so nobody can read it before"
        yield Note(path, call.line, said, "put the template there, or mend the path")


def _file(place: Place, attribute: str, value: Value) -> Iterator[Note]:
    path, root = place.path, place.rules.root
    if value.path is None:
        ruling = Ruling.DENY if _ABROAD.match(value.source) else Ruling.ASK
        if "archive_file." not in value.source or ruling is Ruling.DENY:
            said = f"{attribute} is a file whose path is not written out"
            yield Note(path, value.line, said, 'write it as "${path.module}/NAME"', ruling)
        return
    found = paths.inside(value.path, path, root)
    if found is None:
        said = f"{attribute} is {value.path!r}, outside of the directory"
        yield Note(path, value.line, said, "keep files inside the directory")
    elif (
        OWN.search(found)
        or (attribute == "source_dir" and f"{root}/".startswith(f"{found}/"))
        or (attribute == "source_dir" and found == "")
    ):
        said = f"{attribute} holds what is Terraform's own, such as the state"
        yield Note(path, value.line, said, "keep files in a directory of their own")

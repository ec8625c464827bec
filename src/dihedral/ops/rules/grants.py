"""What a workspace lets a proposal use: the section `guard:` of its terms, typed.

Shape   guard:
          providers:     {hashicorp/aws: {version: "~> 6.0", hashes: ["zh:…", "h1:…"]}}
          modules:       ["git::https://git.example/modules/",
                          {source: acme/vpc/aws, version: "~> 2.1"},
                          {prefix: "git::https://git.example/", pinned: true}]
          remote_states: [{workspace: network},
                          {backend: s3, where: {bucket: states, key: "net/*"}}]
          backends:      []                     provisioners: []
          data:          {http: [api.example.com, "*.example.org"]}
          protected:     {aws_db_instance: [deletion_protection]}     accounts: ["123456789012"]
          releases:      [aws_vpc.main]
          max_files:     2000                   max_file: 300000     max_bytes: 20000000
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.domain.workspace import NAME
from dihedral.ops.rules import constraint

BUILTIN = "terraform.io/builtin/terraform"  # a part of Terraform itself
LENT = ".workspaces"  # where a step finds the outputs of other workspaces
_HOSTS = ("registry.terraform.io/", "registry.opentofu.org/")


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's versions, and the package hashes (as a lock file has them); none means any."""

    version: str = ""
    hashes: frozenset[str] = frozenset()


class ModuleGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A module source, exactly (`source`) or by how it begins (`prefix`), without its query.

    `ref` is the branch, tag or commit that must be asked for; `hash` the `checksum` of an archive;
    `pinned` asks for a full commit, or for exactly one version of a registry's module.
    """

    source: str = ""
    prefix: str = ""
    version: str = ""
    ref: str = ""
    hash: str = ""
    pinned: bool = False


class StateGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The outputs of another workspace here, by its name; or a state that lies elsewhere: `where`
    maps a setting of the backend to what it must match."""

    workspace: str = ""
    backend: str = ""
    where: dict[str, str] = {}


PROVIDERS: dict[str, Pin] = {
    f"hashicorp/{name}": Pin()
    for name in ("aws", "random", "null", "local", "tls", "time", "archive", "cloudinit")
}
_KEPT = ("deletion_protection", "skip_final_snapshot", "force_destroy")
# fmt: off
PROTECTED: Mapping[str, frozenset[str]] = {
    "*": frozenset({"all", *_KEPT, "deletion_protection_enabled", "enable_deletion_protection",
                    "policy", "assume_role_policy", "ingress", "egress", "kms_key_id",
                    "storage_encrypted", "encrypted", "publicly_accessible",
                    "backup_retention_period", "server_side_encryption_configuration",
                    "enable_key_rotation"}),
    "aws_instance": frozenset({"iam_instance_profile", "vpc_security_group_ids",
                               "metadata_options"}),
    "aws_lambda_function": frozenset({"role"}),
    "aws_s3_bucket_public_access_block": frozenset({"block_public_acls", "block_public_policy",
                                                    "ignore_public_acls",
                                                    "restrict_public_buckets"}),
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """What a workspace allows; what is not listed is not allowed.

    `protected` maps a type, or `*`, to attributes that `ignore_changes` may not name; `data` maps a
    data source to the hosts it may reach; `accounts` are those whose roles a provider may assume;
    `releases` are resources (`aws_vpc.main`) whose `prevent_destroy` may be taken away.
    """

    providers: Mapping[str, Pin] = field(default_factory=lambda: PROVIDERS)
    modules: tuple[str | ModuleGrant, ...] = ()
    remote_states: tuple[StateGrant, ...] = ()
    backends: frozenset[str] = frozenset()
    provisioners: frozenset[str] = frozenset()
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protected: Mapping[str, frozenset[str]] = field(default_factory=lambda: PROTECTED)
    accounts: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()
    root: str = ""  # the directory, below the top, that Terraform is started in
    max_files: int = 2_000
    max_file: int = 300_000  # bytes, of a file that is read as configuration
    max_bytes: int = 20_000_000  # of all files together

    def pin(self, source: str) -> Pin | None:
        """What is asked of a provider, by its address in full or in short; None: not allowed."""
        name = short(source)
        return Pin() if name == BUILTIN else self.providers.get(name)

    @property
    def lenders(self) -> tuple[str, ...]:
        """The names of the workspaces whose outputs may be read."""
        return tuple(sorted({g.workspace for g in self.remote_states if g.workspace}))

    def protects(self, kind: str) -> frozenset[str]:
        none: frozenset[str] = frozenset()
        return self.protected.get("*", none) | self.protected.get(kind, none)


def lent(workspace: str) -> str:
    """The path by which a configuration reads the outputs of another workspace.

    It has no `path.module` or `path.root` in it: the backend `local` takes a path from where
    Terraform runs, which is the workspace's directory, also in a module; and a plan's JSON writes
    down what is constant, so that what Terraform understood can be held against the grant.
    """
    return f"{LENT}/{workspace}.tfstate"


def short(source: str) -> str:
    """A provider's address without the host of a public registry."""
    name = source.lower()
    for host in _HOSTS:
        name = name.removeprefix(host)
    return name if "/" in name else f"hashicorp/{name}"


def rules_of(section: Mapping[str, Any]) -> GuardRules:
    """The rules that a section of a document says. Raises Invalid, naming the field."""
    known = {f.name for f in fields(GuardRules)} - {"root"}
    for name in section:
        if name not in known:
            raise Invalid(
                f"guard: there is no field {name!r}; known are {', '.join(sorted(known))}"
            )
    try:
        rules = msgspec.convert(dict(section), GuardRules)
    except msgspec.ValidationError as cause:
        raise Invalid(f"guard: {cause}") from cause
    _sound(rules)
    return replace(rules, providers={short(name): pin for name, pin in rules.providers.items()})


def _constraint(field_name: str, text: str) -> None:
    if text and constraint.parse(text) is None:
        said = f"{text!r} is no version constraint; write for instance `~> 6.1`"
        raise Invalid(f"guard: {field_name}.version: {said}")
    if constraint.VAGUE.search(text):
        raise Invalid(
            f"guard: {field_name}.version: {text!r} has no end; write `~> 6.0` for `~> 6`"
        )


def _sound(rules: GuardRules) -> None:
    """What types cannot say. Raises Invalid."""
    for name, pin in rules.providers.items():
        _constraint(f"providers.{name}", pin.version)
    for at, grant in enumerate(rules.modules):
        if isinstance(grant, str):
            grant = ModuleGrant(prefix=grant)
        if bool(grant.source) == bool(grant.prefix):
            raise Invalid(f"guard: modules[{at}]: say either `source` or `prefix`")
        _constraint(f"modules[{at}]", grant.version)
    for at, state in enumerate(rules.remote_states):
        if bool(state.workspace) == bool(state.backend):
            raise Invalid(f"guard: remote_states[{at}]: say either `workspace` or `backend`")
        if state.workspace and (state.where or not NAME.fullmatch(state.workspace)):
            said = f"{state.workspace!r} is the name of one workspace, and nothing stands beside it"
            raise Invalid(f"guard: remote_states[{at}]: {said}")
    for name in ("max_files", "max_file", "max_bytes"):
        if getattr(rules, name) <= 0:
            raise Invalid(f"guard: {name} must be more than 0")

"""What stands in a provider's block: credentials, other accounts, other hosts, other programs."""

import re
from collections.abc import Iterator, Mapping

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import secret
from dihedral.ops.rules.grants import GuardRules
from dihedral.ops.rules.hcl import Block, Value
from dihedral.ops.rules.paths import Note

_MOCK = frozenset(
    {"", "test", "mock", "fake", "dummy", "example", "mock_access_key", "mock_secret_key", "null"}
)
# one reference, so that nothing of the value stands here
_REFERENCE = re.compile(
    r'(?:"\$\{|\$\{)?\s*[a-z_][\w-]*(?:\.[\w-]+|\[(?:\d+|"[\w-]+")\])*\s*(?:\}"?)?'
)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]+")
_KEEP = "take it out; the workspace's variables hold credentials"
_MEANT = "take it out if the cloud itself is meant"
_OTHER = "take it out: the workspace says which credentials are used"
# fmt: off
# what a provider's block may not have, and what a person must know of
_BANNED: Mapping[str, tuple[str, str]] = {
    "exec": ("a provider that starts a program is not allowed", "use the provider's own login"),
    "credential_process": ("a provider that starts a program is not allowed", _OTHER),
    **dict.fromkeys(("shared_credentials_file", "shared_credentials_files", "shared_config_files",
                     "profile", "config_path", "config_paths", "config_context", "credentials_file",
                     "private_key_path", "client_certificate_path", "use_cli", "use_msi",
                     "web_identity_token_file", "service_account_file", "secrets_file"),
                    ("the provider takes other credentials than the workspace's", _OTHER)),
}
_ELSEWHERE = frozenset({
    "endpoints", "endpoint", "http_proxy", "https_proxy", "no_proxy", "custom_ca_bundle",
    "proxy_url", "address",
    "insecure", "tls_insecure_skip_verify", "ec2_metadata_service_endpoint", "sts_region",
    "use_fips_endpoint", "impersonate_service_account", "universe_domain", "metadata_host",
    "host", "url", "base_url", "api_url", "for_each",
})
# fmt: on
_SKIPS = re.compile(r"skip_\w+|s3_use_path_style")
_ROLES = frozenset({"assume_role", "assume_role_with_web_identity"})


def judge(path: str, block: Block, rules: GuardRules) -> Iterator[Note]:
    """`provider` blocks of any provider, alias or not."""
    mock = _mock(block)
    for name, value, parent in _all(block):
        yield from _one(path, name, value, rules, parent)
        if _SKIPS.fullmatch(name) and not mock:
            why = f"the provider leaves out a check ({name})"
            yield Note(path, value.line, why, _MEANT, Ruling.ASK)
    for kind, line in _kinds(block):
        if kind in _BANNED:
            yield Note(path, line, f"{_BANNED[kind][0]} ({kind})", _BANNED[kind][1])
        elif kind == "endpoints":
            yield _elsewhere(path, line, kind)


def _mock(block: Block) -> bool:
    value = block.values.get("access_key")
    return value is not None and value.text in _MOCK


def _one(path: str, name: str, value: Value, rules: GuardRules, parent: str) -> Iterator[Note]:
    if name in _BANNED:
        why, mend = _BANNED[name]
        yield Note(path, value.line, f"{why} ({name})", mend)
    elif name in _ELSEWHERE:
        yield _elsewhere(path, value.line, name)
    elif secret.named(name) and not _referred(value):
        why = f"a credential is written into the provider ({name})"
        yield Note(path, value.line, why, _KEEP)
    if parent in _ROLES and name == "role_arn":
        yield from role(path, value.line, value.text, rules)


def _referred(value: Value) -> bool:
    if value.text is not None:
        return value.text.lower() in _MOCK
    return not value.items and bool(_REFERENCE.fullmatch(value.source.strip()))


def role(path: str, line: int, said: str | None, rules: GuardRules) -> Iterator[Note]:
    """A role that a provider assumes, where it is written out."""
    met = _ROLE.fullmatch(said or "")
    if met is None:
        why = "the provider assumes a role that is not written out"
        mend = "write the role's ARN, of an account in guard.accounts"
        yield Note(path, line, why, mend, Ruling.DENY if rules.accounts else Ruling.ASK)
    elif met[1] not in rules.accounts:
        why = f"the provider assumes a role of account {met[1]}, which is not listed"
        yield Note(path, line, why, "take it out, or have the account listed in guard.accounts")


def _elsewhere(path: str, line: int, name: str) -> Note:
    why = f"the provider is sent to another host ({name})"
    return Note(path, line, why, _MEANT, Ruling.ASK)


def _kinds(block: Block) -> Iterator[tuple[str, int]]:
    for inner in block.blocks:
        kind = inner.labels[0] if inner.kind == "dynamic" and inner.labels else inner.kind
        yield kind, inner.line
        yield from _kinds(inner)


def _all(block: Block, parent: str = "") -> Iterator[tuple[str, Value, str]]:
    """Every setting below, with the block or object that it stands in."""
    for name, value in block.values.items():
        yield name, value, parent
        yield from _items(name, value)
    for inner in block.blocks:
        named = inner.labels[0] if inner.kind == "dynamic" and inner.labels else ""
        kind = parent if inner.kind == "content" else named or inner.kind
        yield from _all(inner, kind)


def _items(parent: str, value: Value) -> Iterator[tuple[str, Value, str]]:
    for element in (value, *value.elements):
        for name, inner in element.items.items():
            yield name, inner, parent
            yield from _items(name, inner)

"""Secrets in plain text: by their form, or by the name that they are given to.

Nothing here says what the secret is: a finding has only its line and the name.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from dihedral.ops.rules import secret

# fmt: off
# what each form cannot be without, so that a text without it costs nothing; and the form
_FORMS = tuple((needle, re.compile(form)) for needle, form in (
    ("AKIA", r"\bAKIA(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b"),
    ("ASIA", r"\bASIA(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b"),
    ("PRIVATE", r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY|-----BEGIN PGP PRIVATE"),
    ("AGE-SECRET-KEY", r"AGE-SECRET-KEY-1[0-9A-Z]{20}"),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{30,90}"),
    ("github_pat_", r"\bgithub_pat_\w{40,90}"),
    ("glpat-", r"\bglpat-[\w-]{18,60}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("xox", r"\bxox[abeprs]-[\w-]{10,90}"),
    ("hooks.slack.com", r"hooks\.slack\.com/services/T\w{1,30}/B\w{1,30}/\w{16,60}"),
    ("sk-", r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,200}"),
    ("k_live_", r"\b[sr]k_live_[A-Za-z0-9]{16,90}"),
    ("AIza", r"\bAIza[\w-]{35}\b"),
    ("SG.", r"\bSG\.[\w-]{16,40}\.[\w-]{16,90}"),
    ("hv", r"\bhv[sb]\.[\w-]{20,200}"),
    ("dop_v1_", r"\bdop_v1_[a-f0-9]{40,64}"),
    ("hf_", r"\bhf_[A-Za-z]{30,60}"),
    (".atlasv1.", r"\b\w{14}\.atlasv1\.\w{40,90}"),
    ("pypi-AgE", r"\bpypi-AgE[\w-]{30,200}"),
    ("ya29.", r"\bya29\.[\w-]{30,200}"),
    (".eyJ", r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\.[\w-]{16,2000}"),
    ("AccountKey=", r"AccountKey=[A-Za-z0-9+/=]{40,100}"),
))
# fmt: on
_LOGIN = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^/\s:@\"'<>${}]{0,80}:([^/\s@\"'<>]{3,80})@")
_GIVEN = re.compile(
    r"(?<![\w-])[\"']?([A-Za-z_][\w.-]{1,60})\\?[\"']?\s{0,20}(?:=>|=(?!=)|:)\s{0,20}"
    r"(?:\\?\"([^\"\\\n]{1,400})\\?\"|'([^'\n]{1,400})'|([^\s\"'\[{(<,;]{8,200})(?=[\s\"',;]|$))"
)
_NAMED = re.compile(
    r"pass|pwd|secret|token|_?key|credential|connection_?string|sas_?url|_pat\b|webhook|psk|auth",
    re.IGNORECASE,
)
# tokens that make a request the same one again
_HARMLESS = re.compile(r"(?:creation|client|client_request|idempotency|next|continuation)_token")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![\w+/-])")
NAMED = "a secret in plain text"
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_NOT_ONE = re.compile(
    r"|[\s*.xX_-]*|<.*>|.*(?:\$\{|%\{|\{\{|\$\().*|\$\w.*|arn:.*|alias/.*|[/.~].*|https?://[^@]*"
    r"|(?i:true|false|null|none|auto|default|required|optional|enabled|disabled|string|text|bearer"
    r"|random|generated|sensitive|token|secret|password|plain|iam|jwt|oauth2?)"
    r"|(?i:test|mock|fake|dummy|example)(?:[_-](?:access|secret)[_-]key)?|projects/.*|vault:.*"
    r"|(?:var|local|data|module|each|self|path)\.[\w.\[\]\"*-]+|(?:aws|random|tls)_\w+\.[\w.\[\]*-]+"
    r"|ref\+.*|ssm:.*|secretsmanager:[\w*]+|op://.*",
    re.DOTALL,
)
_REFERS = re.compile(r"(?:[a-z_][\w-]*|[\w.-]*/[\w./-]*|[\w-]+(?:\.[\w-]+)+)")  # a name, not a word


def found(text: str, *, config: bool = True) -> Iterator[tuple[int, str]]:
    """Place in the text and what is there.

    `config`: Terraform reads it. Elsewhere a value must also look like a secret, not only be named
    so: programs and charts have passwords such as `minioadmin` for a machine of one's own.
    """
    yield from _seen(text, bare=not config)
    if "\\u" in text:
        yield from ((0, what) for _, what in _seen(_unescaped(text), bare=not config))
    for met in _BASE64.finditer(text):
        inner = _decoded(met[0])
        if inner and next(_seen(inner, bare=True), None):
            yield met.start(), "base64 text with a credential in it"


def by_form(text: str) -> Iterator[int]:
    """Places of what looks like a credential whatever its name."""
    for needle, form in _FORMS:
        if needle in text:
            yield from (met.start() for met in form.finditer(text))


def literal(name: str, value: str) -> bool:
    """Whether a value given to this name is a secret, and not a word about one."""
    return (
        secret.named(name)
        and not _HARMLESS.fullmatch(name)
        and not _NOT_ONE.fullmatch(value.strip())
    )


def _seen(text: str, *, bare: bool) -> Iterator[tuple[int, str]]:
    yield from ((at, "this looks like a credential") for at in by_form(text))
    for met in _LOGIN.finditer(text):
        if not _NOT_ONE.fullmatch(met[1]):
            yield met.start(), "an address with a password in it"
    for met in _GIVEN.finditer(text):
        name, quoted = met[1], met[2] or met[3]
        if not _NAMED.search(name):
            continue
        value = quoted or met[4]
        odd = (quoted is None or bare) and not (_mixed(value) and (bare or "=" in met[0]))
        if not odd and literal(name.rpartition(".")[2], value):
            yield met.start(), f"{NAMED} ({name})"


def _mixed(value: str) -> bool:
    """Whether an unquoted word is more like a password than like a name."""
    kinds = (str.islower, str.isupper, str.isdigit)
    told = sum(any(map(kind, value)) for kind in kinds) + (not value.isalnum())
    return told >= 3 and not _REFERS.fullmatch(value)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda met: chr(int(met[1], 16)), text)


def _decoded(text: str) -> str:
    """What a base64 text says, if it is a text again."""
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        inner = base64.b64decode(body + "=" * (-len(body) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return inner if inner.isprintable() or "\n" in inner else ""

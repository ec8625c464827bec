"""Takes secrets out of free text: those that are known, and what looks like one.

Shape   a text of `SHORTEST` characters or more is looked for everywhere, also in the forms that
        JSON, HTML, a URL, hexadecimal and base64 give it, there wherever in a longer text it
        begins; one shorter than `WHOLE` counts only as a word of its own, since it would hide half
        of what is read. A text that was cut (`…`) may end in the beginning of one.
"""

import json
import re
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, quote_plus
from zlib import decompressobj
from zlib import error as Unzippable

import msgspec

HIDDEN = "(sensitive)"
CUT = "…"  # ends a text that was cut
SHORTEST = 4
WHOLE = 6
_HEAD = 4  # the letters that a text is found by; no longer than the shortest
_ROWS = 8  # characters of a row of a long secret that is worth looking for by itself
_CODED = 1024  # characters; a longer text is not looked for in every code
_WORDS = 16  # characters; a longer run of words may be a passphrase
_INFLATED = 1 << 20  # bytes of what is packed that are looked at

# of attributes and variables, in snake_case
_NAMED = re.compile(
    r"passw(?:or)?d|passphrase|passcode|secret|token|private_?key|api_?key|access_?key|auth_?key"
    r"|shared_?key|signing_?key|encryption_?key|connection_?string|credential|client_?key"
    r"|certificate_?key|license_?key|webhook_?url|key_?material|preshared|protected_settings"
    r"|plain_?text|shared_access_signature|sas_ur[il]|pfx|auth_string|(?:^|_)secure_value|kube_?config"
    r"|kube_admin_config|(?:authorization|auth|magic)_code"
    r"|(?:^|_)(?:pat|psk|pwd|pass|sas|jwt)$"
    r"|(?:primary|secondary|account|storage|master|authorization|instrumentation|insights|service"
    r"|sas|application|ingestion|workspace|function|customer|extension|validation|raw|session"
    r"|mac|admin|readonly|policy|principal|rsa_encrypted)_key(?:_string)?$"
)
# says something *about* a secret: where it is, how long, whether there is one
_ABOUT = re.compile(
    r"_(?:arn|arns|id|ids|name|names|length|policy|ttl|version|versions|enabled|type|types|days"
    r"|size|algorithm|usage|rotation|mode|status|window_in_days|last_changed|expiration|validity"
    r"|count|required|period|serial|path|prefix|spec|format|duration|wo_version|endpoint|uri"
    r"|thumbprint|method|param|parameter|source|sha256|hash|host|location|provider|vendor|action"
    r"|strategy|expression|interval|date|time|aud|header|header_value|prevention|generation)$"
    r"|^(?:manage|require|enable|allow|has|is|use|generate|kms|minimum|max|min|include|exclude)_"
    r"|^http_tokens$|^(?:creation|update|lock|version|client)_token$|(?:secret|token)s?_url$"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHAPED = 8  # no shape below is shorter
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}"  # a signed token
    r"|(?<=://)[^/\s:@\"']*:[^/\s@\"']+(?=@)"
)
# `DB_PASSWORD=…`, `password: …`, `"token": "…"`, `--secret …`; what only refers to one is no value
_GIVEN = re.compile(
    r"(?<![\w:.-])(?P<name>[\w-]{0,60}(?:passw(?:or)?d|passphrase|secret|token|private_?key|api_?key"
    r"|access_?key|auth_?key|credential|connection_?string)[\w-]{0,60})"
    r"(?P<sign>\\{0,3}[\"']?\s{0,8}(?:=>|[=:])\s{0,8}\\{0,3}[\"']?|\s{1,8})"
    r"(?P<value>[^\s\"'\\,;&}<>$%({\[]{4,})",
    re.IGNORECASE,
)
_GO = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_PERCENT = re.compile("%[0-9A-F]{2}")
_URL_SAFE = str.maketrans("+/", "-_")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
# `us-east-1`, `DB_PASSWORD`, an ARN: a word or a name, which says nothing by itself
_PLAIN = re.compile(r"[a-z]+(?:[-_./:][a-z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*|arn:.*")


@dataclass(frozen=True, slots=True)
class Known:
    """What is secret. `heads` are its texts by their first letters, the longest first; `seen` are
    texts that were looked at, since most of a plan's come again and again."""

    heads: Mapping[str, tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    seen: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def hide(self, text: str) -> str:
        """The text without any of it."""
        return _hide(text, self.heads) if len(text) >= SHORTEST else text

    def within(self, text: str) -> Iterator[str]:
        """Every secret that stands in a text."""
        yield from (text[start:end] for start, end in _spans(text, self.heads))


NOTHING = Known({})


def known(texts: Iterable[str], public: Iterable[str] = (), numbers: Iterable[int] = ()) -> Known:
    """What finds any of these texts. What `public` texts say anyway is not secret any more."""
    every = {form for text in set(texts) for form in _forms(text) if len(form) >= SHORTEST}
    found = Known(_heads(every))
    told = {text for one in set(public) for text in found.within(one)}
    return Known(_heads(every - told) if told else found.heads, frozenset(numbers))


def telling(text: str) -> bool:
    """Whether a text that only its name makes a secret is worth looking for elsewhere."""
    if _PLAIN.fullmatch(text):
        return len(text) > _WORDS and ":" not in text
    return len(text) >= WHOLE


def shaped(text: str) -> str:
    """The text without what has the form of a secret, whoever wrote it."""
    found = _SHAPES.sub(HIDDEN, text) if len(text) >= _SHAPED else text
    if ("=" in found or ":" in found or "--" in found) and not found.startswith("arn:"):
        found = _GIVEN.sub(_given, found)
    return found


def unpacked(text: str) -> str:
    """What a base64 text holds, unzipped if it is zipped; empty when it is none."""
    if not _BASE64.fullmatch(text):
        return ""
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_" if "-" in text else None)
        if raw[:2] == b"\x1f\x8b":
            raw = decompressobj(31).decompress(raw, _INFLATED)
        return raw.decode()
    except (ValueError, Unzippable):
        return ""


def names(name: str) -> bool:
    """Whether a name says that there is a secret, and not something *about* one: where it is, how
    long, whether there is one."""
    snake = _HUMP.sub("_", name).replace("-", "_").lower()
    return bool(_NAMED.search(snake)) and not _ABOUT.search(snake)


def _given(found: re.Match[str]) -> str:
    name, sign = found["name"], found["sign"]
    after = found.string[found.end() : found.end() + 1]
    spoken = sign.isspace() and not name.startswith("--")
    spoken |= sign.endswith(": ") and after == " "  # a sentence: "no secret: it is fine"
    return found[0] if spoken or not names(name.lstrip("-")) else name + sign + HIDDEN


def _hide(text: str, heads: Mapping[str, tuple[str, ...]]) -> str:
    spans = [*_spans(text, heads), *_begun(text, heads)]
    if not spans:
        return text
    parts, at = [], 0
    for start, end in spans:
        if start >= at:
            parts += [text[at:start], HIDDEN]
        at = max(at, end)  # what overlaps is hidden as one
    return "".join([*parts, text[at:]])


def _spans(text: str, heads: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Where known texts stand, from left to right; they may overlap."""
    if not heads:
        return
    for at in [n for n in range(len(text) - _HEAD + 1) if text[n : n + _HEAD] in heads]:
        for one in heads[text[at : at + _HEAD]]:
            end = at + len(one)
            if text.startswith(one, at) and (len(one) >= WHOLE or _alone(text, at, end)):
                yield at, end
                break


def _begun(text: str, heads: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Where a text that was cut ends in the beginning of a known one."""
    end = len(text) - len(CUT)
    if not text.endswith(CUT) or not heads:
        return
    longest = max(len(one) for those in heads.values() for one in those)
    for at in range(max(0, end - longest), end - _HEAD + 1):
        tail = text[at:end]
        if any(one.startswith(tail) for one in heads.get(tail[:_HEAD], ())):
            yield at, end
            return


def _alone(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return not any(c.isalnum() or c == "_" for c in around)


def _heads(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    heads: dict[str, list[str]] = defaultdict(list)
    for text in sorted(sorted(texts), key=len, reverse=True):
        heads[text[:_HEAD]].append(text)
    return {head: tuple(those) for head, those in heads.items()}


def _forms(text: str) -> Iterator[str]:
    """A text, and how it looks where something else carries it."""
    yield text
    if len(text) < WHOLE:
        return
    try:
        yield from _coded(text.encode(), every=len(text) <= _CODED)
        if not text.isalnum():
            yield from _quoted(text)
    except UnicodeEncodeError:  # half a surrogate pair: it has no other form
        return
    if "\n" in text:
        rows = (row.strip() for row in text.split("\n"))
        yield from (row for row in rows if len(row) >= _ROWS and _says(row))


def _coded(raw: bytes, *, every: bool) -> Iterator[str]:
    """In base64, also in the middle of what is longer, where it begins at one of three places and
    shares its first and its last letter with others; and in hexadecimal."""
    yield b64encode(raw).decode().rstrip("=")
    if every:
        for at, first in enumerate((0, 2, 3)):
            code = b64encode(bytes(at) + raw).decode()[first : (at + len(raw)) * 8 // 6]
            yield code
            if "+" in code or "/" in code:
                yield code.translate(_URL_SAFE)
        yield from (raw.hex(), raw.hex().upper())


def _quoted(text: str) -> Iterator[str]:
    """As JSON, Go's JSON, HCL, HTML and URLs write it."""
    written = msgspec.json.encode(text).decode()[1:-1]
    yield from (written, "".join(_GO.get(c, c) for c in written), json.dumps(text)[1:-1])
    yield written.replace("${", "$${").replace("%{", "%%{")
    yield escape(text)
    url = quote(text, safe="")
    yield from (url, quote_plus(text), _PERCENT.sub(lambda found: found[0].lower(), url))


def _says(row: str) -> bool:
    """Whether a row is more than the frame of a document."""
    return not row.startswith("-----") and telling(row)

"""What is dangerous by its letters alone, whatever a reader makes of the text around it.

A reader that is not Terraform's own may take for a comment what Terraform runs. So whatever looks
like a call that reads files must be a call for the reader as well, or it is reported; and blocks
that run programs or move the state are reported wherever they are spelled.
"""

import re
from collections.abc import Iterator, Set

FILE_FUNCTIONS = frozenset(
    {
        *("file", "fileexists", "fileset", "filebase64", "filemd5", "filesha1", "filesha256"),
        *("filesha512", "filebase64sha256", "filebase64sha512", "templatefile"),
        *("pathexpand", "direxists"),
    }
)
_NAMES = "|".join(sorted(FILE_FUNCTIONS, key=len, reverse=True)).encode()
_GAP = rb"(?:\s|/\*.*?\*/|(?:#|//)[^\n]*\n)"
# `file(s)` and `the file (see below)` are English
_CALL = re.compile(
    rb"(?<![\w-])(" + _NAMES + rb")(?:\((?!s\))|" + _GAP + rb"+\("
    rb"(?=\s*(?:\"|\$|<<|(?:path|var|local|each|data|module|self)\.)))",
    re.DOTALL,
)
# a resource may have a block `backend { … }` of its own; Terraform's has a label
_BLOCK = re.compile(
    rb'"?\b(provisioner|backend|state_store)\b"?'
    + _GAP
    + rb'*(?:"[^"\n]*"|[\w-]+)'
    + _GAP
    + rb"*\{"
    rb"|\b(?:terraform)" + _GAP + rb"*\{" + _GAP + rb"*(cloud)" + _GAP + rb"*\{"
)
_DATA = re.compile(
    rb'\b(?:data|ephemeral)"?'
    + _GAP
    + rb'*"?(external|http|terraform_remote_state)\b"?'
    + _GAP
    + rb'*["{\w]'
)
HOSTILE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
    "|[\U000e0000-\U000e007f]"
)
_KEY = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bghp_[A-Za-z0-9]{36}"
)


def unseen_calls(text: bytes, seen: Set[int]) -> Iterator[tuple[int, str]]:
    """Line and name of what looks like a call that reads files, and is none for the reader."""
    for found in _CALL.finditer(text):
        if found.start(1) not in seen:
            yield line_at(text, found.start()), found[1].decode()


def blocks(text: bytes) -> Iterator[tuple[int, str]]:
    """Line and name of blocks that may not be there at all."""
    for pattern in (_BLOCK, _DATA):
        for found in pattern.finditer(text):
            yield line_at(text, found.start()), found[found.lastindex or 0].decode()


def hostile(text: str) -> Iterator[tuple[int, str]]:
    """Line and code point of characters that deceive a reader or a terminal."""
    for found in HOSTILE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, f"U+{ord(found[0]):04X}"


def keys(text: str) -> Iterator[int]:
    """Lines with what looks like a credential by its form."""
    return (text.count("\n", 0, found.start()) + 1 for found in _KEY.finditer(text))


def line_at(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1

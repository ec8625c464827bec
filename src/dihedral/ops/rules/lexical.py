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
        *("filesha512", "filebase64sha256", "filebase64sha512", "templatefile", "base64gzipfile"),
        *("pathexpand", "direxists"),
    }
)
# a text that becomes a program only when it is evaluated: nobody can read it before
COMPUTED = frozenset({"templatestring"})
_NAMES = "|".join(sorted(FILE_FUNCTIONS | COMPUTED, key=len, reverse=True)).encode()
# bounded, so that a hostile text costs no more than an honest one
_GAP = rb"(?:\s{1,300}|/\*.{0,300}?\*/|(?:#|//)[^\n]{0,300}\n)"
# `file(s)` and `the file (see below)` are English
_CALL = re.compile(
    rb"(?<![\w-])(" + _NAMES + rb")(?:\((?!s\))|" + _GAP + rb"{1,20}\("
    rb"(?=\s*(?:\"|\$|<<|(?:path|var|local|each|data|module|self)\.)))",
    re.DOTALL,
)
# a resource may have a block `backend { … }` of its own; Terraform's has a label
_BLOCK = re.compile(
    rb'"?\b(provisioner|backend|state_store)\b"?'
    + _GAP
    + rb'{0,20}(?:"[^"\n]{0,200}"|[\w-]{1,200})'
    + _GAP
    + rb"{0,20}\{"
    rb"|\b(?:terraform)" + _GAP + rb"{0,20}\{" + _GAP + rb"{0,20}(cloud)" + _GAP + rb"{0,20}\{",
    re.DOTALL,
)
_DATA = re.compile(
    rb'\b(?:data|ephemeral)"?'
    + _GAP
    + rb'{0,20}"?(external|http|terraform_remote_state)\b"?'
    + _GAP
    + rb'{0,20}["{\w]',
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\u00([0-7][0-9A-Fa-f])")
_COMMENT = re.compile(rb"[^\n]")


def unseen_calls(text: bytes, seen: Set[int]) -> Iterator[tuple[int, str]]:
    """Line and name of what looks like a call that reads files, and is none for the reader."""
    for found in _CALL.finditer(text):
        if found.start(1) not in seen:
            yield line_at(text, found.start()), found[1].decode()


def calls(text: bytes) -> Iterator[tuple[int, str]]:
    """The same in a text that has no reader."""
    return unseen_calls(text, frozenset())


def blocks(text: bytes) -> Iterator[tuple[int, str]]:
    """Line and name of blocks that may not be there at all."""
    for pattern in (_BLOCK, _DATA):
        for found in pattern.finditer(text):
            yield line_at(text, found.start()), found[found.lastindex or 0].decode()


def unescaped(text: bytes) -> bytes:
    """The text with its escaped ASCII letters spelled out, each line still where it was."""
    return _ESCAPED.sub(lambda met: bytes([int(met[1], 16)]).replace(b"\n", b" "), text)


def without(text: bytes, spans: Iterator[tuple[int, int]]) -> bytes:
    """The text with these spans blanked, so that places and lines stay."""
    found, at = bytearray(), 0
    for start, end in sorted(spans):
        found += text[at:start] + _COMMENT.sub(b" ", text[start:end])
        at = end
    return bytes(found + text[at:])


def line_at(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1

"""Names that look like other names, and characters that nobody sees.

Shape   a name is one word of the language or of a path: `аws_vpc` with a Cyrillic first letter.
Source  Unicode Technical Standard 39, the letters that matter for names of Latin letters
"""

import re
import unicodedata
from collections.abc import Iterator

# letters that are drawn like a Latin one, and which
_TWINS = str.maketrans(
    "аеорсухіјѕһԁԛԝьАВЕКМНОРСТУХІЈЅ" + "αιονρυκτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "ıɑɡɩօոսցհյ" + "ℓ",
    "aeopcyxijshdqwbABEKMHOPCTYXIJS" + "aiovpuktABEZHIKMNOPTYX" + "iagionughj" + "l",
)
_CLOSE = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET"})
_JOINERS = frozenset("\u200c\u200d")
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    "\ue000-\uf8ff\ufdd0-\ufdef"
)
HOSTILE = re.compile(f"[{_CONTROL}{_UNSEEN}]")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
WORD = re.compile(r"[^\W\d][\w-]*")


def hostile(text: str) -> Iterator[tuple[int, str]]:
    """Place and code point of what deceives a reader or a terminal.

    A joiner between two letters that are not ASCII is how a language or an emoji is written.
    """
    for found in HOSTILE.finditer(text):
        at = found.start()
        around = text[at - 1 : at] + text[at + 1 : at + 2]
        joins = found[0] in _JOINERS and len(around) == 2 and not any(c.isascii() for c in around)
        if not joins:
            yield at, f"U+{ord(found[0]):04X}"


def spelled(text: str) -> Iterator[tuple[int, str]]:
    """The same, where it is not there itself but as an escape, such as `\\u001b`."""
    for found in _ESCAPE.finditer(text):
        point = int(found[1] or found[2], 16)
        if point <= 0x10FFFF and HOSTILE.match(chr(point)):
            yield found.start(), f"U+{point:04X}"


def deceives(name: str) -> str:
    """Why a name may be taken for another, or nothing."""
    if name.isascii():
        return ""
    if HOSTILE.search(name):
        return "has a character that is not seen"
    if unicodedata.normalize("NFKC", name) != name:
        return f"can be taken for {unicodedata.normalize('NFKC', name)!r}"
    scripts = {_script(c) for c in name if c.isalpha()}
    if "LATIN" in scripts and scripts & _CLOSE:
        return f"mixes {' and '.join(sorted(s.title() for s in scripts))} letters"
    plain = skeleton(name)
    return f"can be taken for {plain!r}" if plain.isascii() else ""


def skeleton(name: str) -> str:
    """The name as it looks: with Latin letters for their twins."""
    return unicodedata.normalize("NFKC", name).translate(_TWINS)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0]

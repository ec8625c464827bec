"""Names that AWS accepts, made from what people write; the same words give the same name."""

import hashlib
import re
import unicodedata

LONGEST = 28  # what a load balancer (32) leaves for an ending
SHORTEST = 3
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe"})


def instance(words: str, blueprint: str) -> str:
    """Lower-case letters, digits and single hyphens, 3 to 28 of them, a letter first.

    What is not Latin gets a name from the blueprint and a digest of the words; what is too long
    is cut and keeps a digest, so that two long names stay two.
    """
    plain = _plain(words)
    if not plain:
        return _cut(blueprint, words, always=True)
    if not plain[0].isalpha():
        plain = f"{blueprint}-{plain}"
    elif len(plain) < SHORTEST:
        plain = f"{plain}-{blueprint}"
    return _cut(plain, words)


def _plain(words: str) -> str:
    spelled = unicodedata.normalize("NFC", words).lower().translate(_SPELLED)
    letters = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def _cut(name: str, words: str, always: bool = False) -> str:
    if len(name) <= LONGEST and not always:
        return name
    digest = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:6]
    return f"{name[: LONGEST - 7].rstrip('-')}-{digest}"

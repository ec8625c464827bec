"""The name that somebody gives a thing, and the team or person who answers for it, in a request."""

import re
import unicodedata

_QUOTES = "\"'`“”„‚‘’«»「」『』《》"
_WORD = r"[A-Za-z0-9À-ÿ][A-Za-z0-9À-ÿ._@+-]*"
_HAN = r"[\u3400-\u9fff]"

# words that introduce a name; the name follows
_NAMED = (
    r"\b(?:called|named|name it|call it|by the name of"
    r"|(?<!user )(?<!domain )(?<!file )(?<!host )(?<!table )(?<!your )(?<!my )"
    r"names?(?: is| should be|:| =|=)?"
    r"|namens|mit (?:dem )?Namen|heißt|heißen soll|genannt|nenn(?:e|t)? (?:es|sie|ihn)|Name ist"
    r"|llamad[oa]s?|(?:con|de) (?:el )?nombre(?: de|:)?|que se llame|se llama|denominad[oa]"
    r"|nombre(?: es|:))\s+"
    r"|(?:命名为|名为|叫做|叫作|叫|取名(?:为)?|名称(?:是|为|:)?|名字(?:是|叫|为|:)?)\s*"
)
_NAME = re.compile(rf"(?:{_NAMED})[{_QUOTES}]?({_WORD})", re.IGNORECASE)
_QUOTED = re.compile(rf"(?<!\w)[{_QUOTES}]({_WORD})[{_QUOTES}](?!\w)")

_IS = (
    r"(?: is| are| shall be| should be| ist| sind| es| será)?\s*[:=]?\s+"
    r"(?:the |das |der |die |el |la )?"
)
_OWNERS = (
    rf"\b(?:owner|owned by|responsible|verantwortlich|Besitzer(?:in)?|Eigentümer(?:in)?|zuständig"
    rf"|dueñ[oa]|propietari[oa]|responsable){_IS}(?:team |equipo (?:de )?)?({_WORD})",
    rf"\b(?:owner|verantwortlich|responsable|dueñ[oa]|propietari[oa]|besitzer)\s*[:=]\s*({_WORD})",
    rf"\bteam[: ]\s*({_WORD})",
    rf"\b(?:for|by|from|to) (?:the |our )?({_WORD})[ -]team\b",
    rf"\b(?:für|vom|von|beim) (?:das |unser |dem )?({_WORD})-Team\b",
    rf"\b(?:para el|del|nuestro|para) equipo (?:de |del )?({_WORD})",
    rf"(?:负责人|所有者|归属|拥有者|owner)\s*(?:是|为|:)?\s*({_WORD}|{_HAN}{{1,8}}?)"
    r"(?=团队|小组|$|[\s,;.。，；、])",
    rf"(?:为|给|替|由|归)\s*({_WORD}|{_HAN}{{1,6}}?)\s*(?:团队|小组|部门)",
)
_OWNER = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _OWNERS)

# what follows such a word without being a name
_NEVER = frozenset(
    (
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "its",
        "me", "my", "needs", "of", "on", "or", "our", "ours", "please", "should", "so", "that",
        "the", "their", "this", "to", "us", "will", "with", "wants", "we", "who", "you", "your",
        "team", "bitte", "das", "dem", "den", "der", "des", "die", "ein", "eine", "einen", "für",
        "ist", "mit", "mir", "und", "unser", "unsere", "uns", "wer", "wir", "zu", "con", "de",
        "del", "el", "en", "es", "la", "las", "los", "mi", "nuestro", "nuestra", "para", "por",
        "que", "quien", "se", "su", "un", "una", "y",
    )
)  # fmt: skip


def name(text: str) -> str | None:
    """As it was written. A name in quotes needs no introduction, if nothing else is quoted."""
    plain = unicodedata.normalize("NFKC", text)
    said = _tidy(_NAME.findall(plain))
    return _only(said or _tidy(_QUOTED.findall(plain)))


def owner(text: str) -> str | None:
    plain = unicodedata.normalize("NFKC", text)
    return _only(_tidy([found for pattern in _OWNER for found in pattern.findall(plain)]))


def _tidy(found: list[str]) -> set[str]:
    words = (word.rstrip("._-+@") for word in found)
    return {word for word in words if word and word.casefold() not in _NEVER}


def _only(found: set[str]) -> str | None:
    return found.pop() if len({word.casefold() for word in found}) == 1 else None

"""How values become words on a page: instants, spans, money, counts; and text of strangers.

Every string that a template shows goes through `inert`: what a reader would not see, or what would
turn the text around, is shown as a mark, and very long ones are cut.
"""

import re
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from dihedral.domain.money import Money

LONGEST = 20_000  # characters of one string on a page
# controls but tab and line feed; what has no width; what sets directions; fillers; tags
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b"
    r"\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e0fff]"
    # joiners belong to some scripts; beside Latin letters they only hide something
    r"|(?<=[\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?=[\x00-\u024f])"
)
_STEPS = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))


def inert(text: str, longest: int = LONGEST) -> str:
    """Text as it can be shown to anybody, whoever wrote it."""
    if len(text) > longest:
        text = f"{text[:longest]} … ({len(text) - longest:,} more characters)"
    return _UNSEEN.sub(_mark, text)


def shown(value: object) -> object:
    """What a template shows of a value; markup of our own stays."""
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def exact(text: str) -> Markup:
    """Text to its last sign, for fields of forms, which send it back."""
    return escape(text)


def ticked(text: str, longest: int = LONGEST) -> Markup:
    """A message of ours, whose commands stand in backticks, with these as code."""
    parts = inert(text, longest).split("`")
    if len(parts) % 2 == 0:  # one is never closed, so that it is only a sign
        return Markup("{}").format("`".join(parts))
    code, plain = Markup("<code>{}</code>"), Markup("{}")
    marked = ((code if n % 2 else plain).format(part) for n, part in enumerate(parts))
    return Markup("").join(marked)


def when(instant: datetime | None) -> Markup:
    if instant is None:
        return Markup("never")
    said = f"{instant:%-d %b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), said)


def ago(instant: datetime | None, now: datetime) -> Markup:
    """How long it is past, or until it comes; the instant itself for who points at it."""
    if instant is None:
        return Markup("never")
    gone = now - instant
    span = duration(max(10.0, abs(gone).total_seconds()), parts=1)
    said = f"in {span}" if gone < timedelta(0) else f"{span} ago"
    said = "just now" if timedelta(0) <= gone < timedelta(seconds=10) else said
    title = f"{instant:%-d %b %Y, %H:%M:%S} UTC"
    mark = Markup('<time datetime="{}" title="{}">{}</time>')
    return mark.format(instant.isoformat(), title, said)


def duration(span: timedelta | float | None, parts: int = 2) -> str:
    """Such as `0.4 s`, `3 min 5 s`, `2 days`; at most so many parts."""
    if span is None:
        return "unknown"
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 ", " ") if seconds >= 0.05 else "under 0.1 s"
    left, said = round(seconds), []
    for size, name in _STEPS:
        number, left = divmod(left, size)
        if number:
            said.append(many(number, name) if name == "day" else f"{number} {name}")
    return " ".join(said[:parts])


def money(amount: Money | None) -> str:
    return "unknown" if amount is None else str(amount)


def count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def many(number: int, noun: str, plural: str = "") -> str:
    """Such as `1 run`, `2 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def spaced(name: str) -> str:
    """A name of the record as people say it: `policy_checked` is `policy checked`."""
    return name.replace("_", " ")


def _mark(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"⟨U+{code:04X}⟩"

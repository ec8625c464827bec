"""Values read from a request in words: a name, a size, a region. What is not sure is None.

`read` knows English, Chinese, German and Spanish. It never guesses: two different readings of one
text are none, and whoever asked is asked again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from dihedral.domain.money import Money
from dihedral.model.rules import amounts, labels, schedules, vocabulary

Read: TypeAlias = str | int | Money


def read(text: str, kind: str, choices: Sequence[str] = ()) -> Read | None:
    """The value of that kind, if the text has exactly one; one of `choices`, if there are any.

    Shape  name, size, region, owner, environment, schedule, choice: str; days, number: int;
           amount: Money. Any other kind is never read.
    """
    if kind == "choice":
        return _choice(text, choices)
    reader = READERS.get(kind)
    value = reader(text) if reader else None
    return value if not choices or value in choices else None


def size(text: str) -> str | None:
    plain = vocabulary.level(text)
    found = vocabulary.pick(plain, vocabulary.SIZES, vocabulary.NOT_SIZES)
    lone = {m for m in re.findall(r"(?:^|[\s,;:、。])([小中大])(?=$|[\s,;、。的])", plain)}
    values = {found} - {None} | {{"小": "small", "中": "medium", "大": "large"}[m] for m in lone}
    return values.pop() if len(values) == 1 else None


def environment(text: str) -> str | None:
    return vocabulary.pick(text, vocabulary.ENVIRONMENTS, vocabulary.NOT_ENVIRONMENTS)


def region(text: str) -> str | None:
    """By its code, else by the name of its place. A part of the world with several is None."""
    codes = re.findall(r"(?<![\w-])[a-z]{2}(?:-gov)?-[a-z]+-\d(?![\w-])", vocabulary.level(text))
    if codes:
        return codes[0] if len(set(codes)) == 1 else None
    by_code = vocabulary.pick(text, vocabulary.CODES)
    return by_code or vocabulary.pick(text, vocabulary.PLACES, vocabulary.NOT_PLACES)


def _choice(text: str, choices: Sequence[str]) -> str | None:
    return vocabulary.pick(text, {choice: (choice,) for choice in choices}) if choices else None


READERS: Mapping[str, Callable[[str], Read | None]] = {
    "name": labels.name,
    "owner": labels.owner,
    "size": size,
    "environment": environment,
    "region": region,
    "days": amounts.days,
    "number": amounts.number,
    "amount": amounts.money,
    "schedule": schedules.schedule,
}

"""Days, plain numbers and money in a request, in figures or in words."""

import re
from collections.abc import Iterable
from decimal import Decimal

from dihedral.domain.money import Money
from dihedral.model.rules.vocabulary import either, level


def _longest(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_WORDS = {
    1: ("one", "a", "an", "ein", "eine", "einen", "einem", "eines", "un", "una", "uno", "一"),
    2: ("two", "zwei", "dos", "二", "两"),
    3: ("three", "drei", "tres", "三"),
    4: ("four", "vier", "cuatro", "四"),
    5: ("five", "fünf", "cinco", "五"),
    6: ("six", "sechs", "seis", "六"),
    7: ("seven", "sieben", "siete", "七"),
    8: ("eight", "acht", "ocho", "八"),
    9: ("nine", "neun", "nueve", "九"),
    10: ("ten", "zehn", "diez", "十"),
    12: ("twelve", "zwölf", "doce", "十二"),
    14: ("fourteen", "vierzehn", "catorce", "十四"),
    15: ("fifteen", "fünfzehn", "quince", "十五"),
    20: ("twenty", "zwanzig", "veinte", "二十"),
    30: ("thirty", "dreißig", "treinta", "三十"),
    60: ("sixty", "sechzig", "sesenta", "六十"),
    90: ("ninety", "neunzig", "noventa", "九十"),
}
_VALUE = {level(word): value for value, words in _WORDS.items() for word in words}
_ARTICLES = frozenset(map(level, _WORDS[1]))  # "a", "ein", "un": a number only before a unit

_UNITS = {
    1: ("day", "days", "d", "Tag", "Tage", "Tagen", "día", "días", "dia", "dias", "天", "日"),
    7: ("week", "weeks", "Woche", "Wochen", "semana", "semanas", "周", "个星期", "星期", "个礼拜"),
    14: ("fortnight",),
    30: ("month", "months", "Monat", "Monate", "Monaten", "mes", "meses", "个月"),
    365: ("year", "years", "Jahr", "Jahre", "Jahren", "año", "años", "年"),
}
_LENGTH = {level(word): days for days, words in _UNITS.items() for word in words}

_FIGURE = r"\d+(?:[.,]\d{3})*"
_COUNT = rf"(?:(?<![0-9a-zà-ÿ_.,$€£¥-]){_FIGURE}|{either(tuple(_VALUE))})"
_LENGTHS = re.compile(rf"(?P<count>{_COUNT})[ -]?(?P<unit>{_longest(_LENGTH)})(?![a-zà-ÿ0-9])")
# a time that is a deadline, a rhythm, a look back or a half, not how long to keep something
_NOT_BEFORE = re.compile(
    r"(?:\b(?:in|within|every|each|last|past|next|per|innerhalb|binnen|alle|jede[nrs]?|letzten?"
    r"|nächsten?|pro|en|dentro de|cada|últim[oa]s|por|al|half|halbe[ns]?|medio|media)"
    r"(?: the| der| den| von| los| las)? ?|每隔?|过去|最近|半|第|/)$"
)
_NOT_AFTER = re.compile(r"^\s?(?:后|内|之内|以内|ago|later|old|alte?[nrs]?|一次)")

_CURRENCY = {
    "USD": (
        "$", "usd", "us$", "dollar", "dollars", "bucks", "dólar", "dólares", "dolares", "美元",
        "美金",
    ),
    "EUR": ("€", "eur", "euro", "euros", "欧元"),
    "GBP": ("£", "gbp", "pounds", "pfund", "libras", "英镑"),
    "CNY": ("cny", "rmb", "人民币"),
    "CHF": ("chf", "franken", "瑞士法郎"),
}  # fmt: skip
_CODE = {level(word): code for code, words in _CURRENCY.items() for word in words}
_SIGN = _longest(_CODE)
_SUM = r"\d+(?:[.,]\d{3})*(?:[.,]\d{1,2})?(?!\d)"
_MONEY = re.compile(
    rf"(?<![\w])(?P<sign>{_SIGN})\s?(?P<sum>{_SUM})(?P<k>k\b)?"
    rf"|(?<![\w.,])(?P<sum2>{_SUM})\s?(?P<k2>k\b)?\s?(?P<sign2>{_SIGN})(?![a-zà-ÿ])"
)
_PERIOD = (
    r"\s?(?:a|per|each|/|pro|im|al|por|je)\s?"
    r"(?:month|year|day|week|monat|jahr|tag|mes|año|día)"
)
_PAID = re.compile(rf"(?:{_MONEY.pattern})(?:{_PERIOD})?|\d\s?k?{_PERIOD}")


def money(text: str) -> Money | None:
    """An amount with its currency; a number without one is not money, and ¥ is two currencies."""
    found = {_money(match) for match in _MONEY.finditer(level(text))}
    return found.pop() if len(found) == 1 else None


def days(text: str) -> int | None:
    """How long something lasts or is kept: a month is 30 days, a year is 365."""
    rest = _PAID.sub(" ; ", level(text))
    found = set()
    for match in re.finditer(_LENGTHS, rest):
        before, after = rest[: match.start()], rest[match.end() :]
        if not _NOT_BEFORE.search(before) and not _NOT_AFTER.search(after):
            found.add(_number(match["count"]) * _LENGTH[match["unit"]])
    return found.pop() if len(found) == 1 else None


_UNIT = (
    r"[ -]?(?:gb|mb|tb|gib|mib|kb|%|percent|prozent|por ciento|seconds?|sekunden?|segundos?"
    r"|minutes?|minuten?|minutos?|hours?|stunden?|horas?|uhr|am|pm|o'clock|usd|eur|秒|分钟|小时|点"
    r"|个小时)(?![a-z])"
)
_NUMBER = re.compile(
    rf"(?<![0-9a-zà-ÿ_.,:/@#$€£%-])(?P<count>\d+|{either(tuple(set(_VALUE) - _ARTICLES))})"
    rf"(?![0-9a-zà-ÿ_.:/@-]*[0-9a-zà-ÿ_/@])(?!{_UNIT})"
)


def number(text: str) -> int | None:
    """The only number in the text that is not a time, a size in bytes, a share or money."""
    rest = _LENGTHS.sub(" ; ", _MONEY.sub(" ; ", level(text)))
    found = [_number(match["count"]) for match in _NUMBER.finditer(rest)]
    return found[0] if len(set(found)) == 1 else None


def _number(word: str) -> int:
    return _VALUE[word] if word in _VALUE else int(re.sub(r"[.,]", "", word))


def _money(match: re.Match[str]) -> Money:
    amount = match["sum"] or match["sum2"]
    cents = re.fullmatch(r"(.*)[.,](\d{1,2})", amount)
    whole, part = (cents[1], cents[2]) if cents else (amount, "0")
    value = Decimal(f"{re.sub(r'[.,]', '', whole)}.{part}")
    factor = 1000 if match["k"] or match["k2"] else 1
    return Money((value * factor).quantize(Decimal("0.01")), _CODE[match["sign"] or match["sign2"]])

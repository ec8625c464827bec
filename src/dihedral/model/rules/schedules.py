"""When something runs, from words to EventBridge's `rate(…)` and `cron(…)`. Hours are UTC.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
A part of the day without an hour has a customary one: night 2, morning 6, noon 12, evening 18.
"""

import re

from dihedral.model.rules.vocabulary import either, level, pick

_EXPLICIT = re.compile(r"\b(?:rate\(\d+ \w+\)|cron\([^()]+\))")
_EVERY = r"(?:every|each|alle|jede[nrs]?|cada|todos los|todas las|每隔|每)"
_UNITS = {
    "minute": ("minute", "minutes", "min", "minuten", "minuto", "minutos", "分钟"),
    "hour": ("hour", "hours", "stunde", "stunden", "hora", "horas", "小时", "个小时"),
    "day": ("day", "days", "tag", "tage", "día", "días", "dia", "dias", "天"),
}
_UNIT = {level(word): unit for unit, words in _UNITS.items() for word in words}
_COUNTS = {
    "two": 2, "zwei": 2, "dos": 2, "两": 2, "three": 3, "drei": 3, "tres": 3, "三": 3, "four": 4,
    "vier": 4, "cuatro": 4, "四": 4, "five": 5, "fünf": 5, "cinco": 5, "五": 5, "six": 6,
    "sechs": 6, "seis": 6, "六": 6, "ten": 10, "zehn": 10, "diez": 10, "十": 10, "twelve": 12,
    "zwölf": 12, "doce": 12, "十二": 12,
}  # fmt: skip
_RATE = re.compile(
    rf"{_EVERY}\s?(?P<count>\d+|{either(tuple(_COUNTS))})[ -]?"
    rf"(?P<unit>{'|'.join(sorted(map(re.escape, _UNIT), key=len, reverse=True))})(?![a-zà-ÿ])"
)

_RHYTHMS = {
    "minute": ("every minute", "each minute", "jede Minute", "minütlich", "cada minuto", "每分钟"),
    "hour": (
        "hourly", "every hour", "each hour", "once an hour", "stündlich", "jede Stunde",
        "cada hora", "每小时", "每个小时",
    ),
    "day": (
        "daily", "every day", "each day", "once a day", "every night", "nightly", "every morning",
        "every evening", "täglich", "jeden Tag", "jede Nacht", "nächtlich", "jeden Morgen",
        "jeden Abend", "diario", "diaria", "diariamente", "cada día", "todos los días",
        "cada noche", "todas las noches", "cada mañana", "todas las mañanas", "每天", "每日",
        "每晚", "每夜",
    ),
    "week": ("weekly", "every week", "once a week", "wöchentlich", "jede Woche", "semanalmente",
             "cada semana", "每周一次"),
    "month": (
        "monthly", "every month", "once a month", "monatlich", "jeden Monat", "mensualmente",
        "cada mes", "每月", "每个月",
    ),
    "MON-FRI": (
        "every weekday", "on weekdays", "every working day", "werktags", "an Werktagen",
        "jeden Werktag", "días laborables", "entre semana", "工作日",
    ),
    "MON": ("every monday", "mondays", "monday mornings", "jeden Montag", "montags", "cada lunes",
            "todos los lunes", "los lunes", "每周一", "每星期一", "每个星期一"),
    "TUE": ("every tuesday", "tuesdays", "jeden Dienstag", "dienstags", "cada martes",
            "todos los martes", "los martes", "每周二", "每星期二", "每个星期二"),
    "WED": ("every wednesday", "wednesdays", "jeden Mittwoch", "mittwochs", "cada miércoles",
            "todos los miércoles", "los miércoles", "每周三", "每星期三", "每个星期三"),
    "THU": ("every thursday", "thursdays", "jeden Donnerstag", "donnerstags", "cada jueves",
            "todos los jueves", "los jueves", "每周四", "每星期四", "每个星期四"),
    "FRI": ("every friday", "fridays", "jeden Freitag", "freitags", "cada viernes",
            "todos los viernes", "los viernes", "每周五", "每星期五", "每个星期五"),
    "SAT": ("every saturday", "saturdays", "jeden Samstag", "samstags", "cada sábado",
            "todos los sábados", "los sábados", "每周六", "每星期六", "每个星期六"),
    "SUN": ("every sunday", "sundays", "jeden Sonntag", "sonntags", "cada domingo",
            "todos los domingos", "los domingos", "每周日", "每周天", "每星期日", "每星期天"),
}  # fmt: skip
_BARE = {
    "minute": "rate(1 minute)",
    "hour": "rate(1 hour)",
    "day": "rate(1 day)",
    "week": "rate(7 days)",
}
_DATES = {"day": "* * ?", "month": "1 * ?"}  # day of the month, month, day of the week

_PARTS = {
    "2": ("night", "nightly", "nacht", "nachts", "nächtlich", "noche", "noches", "夜里", "每夜",
          "每晚", "晚上"),
    "6": ("morning", "mornings", "morgen", "morgens", "früh", "mañana", "mañanas", "早上",
          "早晨", "清晨", "上午"),
    "12": ("noon", "midday", "mittag", "mittags", "mediodía", "中午"),
    "18": ("evening", "evenings", "abend", "abends", "tarde", "tardes", "傍晚"),
    "0": ("midnight", "mitternacht", "medianoche", "午夜"),
}  # fmt: skip
_CLOCK = re.compile(
    r"(?:\b(?:at|um|a las|a la|gegen)\s)(?P<h>\d{1,2})(?:[:.h](?P<m>\d{2}))?"
    r"\s?(?P<half>am|pm|a\.m\.|p\.m\.)?(?:\s?(?:uhr|o'clock|utc|horas|h))?"
    r"(?:\s(?:de la|in the|am)\s(?P<part>\w+))?(?![\w:])"
    r"|(?P<early>凌晨|早上|早晨|清晨|上午|中午|下午|傍晚|晚上|夜里)?"
    r"(?P<zh>\d{1,2}|十[一二]?|[一二两三四五六七八九])(?:点|:)(?P<zm>\d{2}|半)?"
)
_HAN = {word: value for value, word in enumerate("一二三四五六七八九十", 1)} | {
    "两": 2, "十一": 11, "十二": 12,
}  # fmt: skip
_LATE = frozenset(
    ("pm", "p.m.", "下午", "傍晚", "晚上", "tarde", "noche", "afternoon", "evening", "abend")
)


def schedule(text: str) -> str | None:
    """The expression; None if there is no rhythm, or more than one, or two times of day."""
    plain = level(text)
    if explicit := set(_EXPLICIT.findall(plain)):
        return _as_written(text) if len(explicit) == 1 else None
    rates = {_rate(match) for match in _RATE.finditer(plain)}
    rhythm = pick(_RATE.sub(" ; ", plain), _RHYTHMS)
    if rates:
        return rates.pop() if len(rates) == 1 and rhythm is None else None
    return _cron(rhythm, plain) if rhythm else None


def _as_written(text: str) -> str | None:
    found = re.search(_EXPLICIT.pattern, text, re.IGNORECASE)
    return found[0] if found else None


def _rate(match: re.Match[str]) -> str | None:
    count, unit = match["count"], _UNIT[match["unit"]]
    number = _COUNTS[count] if count in _COUNTS else int(count)
    return f"rate({number} {unit}{'s' * (number > 1)})" if number else None


def _cron(rhythm: str, plain: str) -> str | None:
    times = {_time(match) for match in _CLOCK.finditer(plain)}
    if rhythm in ("minute", "hour", "week"):
        return None if times else _BARE[rhythm]
    if not times and (part := pick(plain, _PARTS)):
        times = {(int(part), 0)}
    if not times and rhythm in _BARE:
        return _BARE[rhythm]
    if len(times) > 1 or None in times:
        return None
    hour, minute = next(iter(times), None) or (0, 0)
    return f"cron({minute} {hour} {_DATES.get(rhythm, f'? * {rhythm}')} *)"


def _time(match: re.Match[str]) -> tuple[int, int] | None:
    word = match["h"] or match["zh"]
    hour = int(word) if word.isascii() else _HAN[word]
    part = match["half"] or match["part"] or match["early"]
    minute = 30 if match["zm"] == "半" else int(match["m"] or match["zm"] or 0)
    if part in _LATE and hour < 12:
        hour += 12
    elif part in ("am", "a.m.", "凌晨") and hour == 12:
        hour = 0
    return (hour, minute) if hour < 24 and minute < 60 else None

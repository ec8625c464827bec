"""The sections of a terms document, read strictly: every fault names its path, and what was meant.

Units   money is US dollars a month; a time is written as 45m, 72h or 7d.
"""

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.domain.money import Money
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import hosts as hosts_of
from dihedral.ops.rules.limits import Limits, Tier

LIMITS = ("share", "increase", "expiry")
MOST_APPROVERS = 20
_TIME = re.compile(r"(\d{1,5})(m|h|d)")
_UNIT = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=90)
_HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61}")
_WORD = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./:@+?=&~-]{0,299}")


def known(found: Collection[Any], names: Collection[str], path: str) -> None:
    """Raises Invalid for a name that is not one of `names`, with the nearest of them."""
    for name in found:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
            meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"
            where = f"in {path}" if path else "in the terms"
            raise Invalid(f"there is no {str(name)[:80]!r} {where}; {meant}")


def mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(path, value, "a mapping, such as `name: value`")
    return value


def words(value: Any, path: str) -> tuple[str, ...]:
    """A list of names, none of them twice."""
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, str) or not _WORD.fullmatch(one):
            raise wrong(path, one, "a name of letters, digits and . / : @ + - _ ? = & ~")
    if value is not None and not isinstance(value, list):
        raise wrong(path, value, "a list, such as [one, two]")
    return tuple(dict.fromkeys(value or ()))


def hosts(value: Any, path: str) -> tuple[str, ...]:
    """Names of hosts in lower case; `*.` once, in front of a name of two parts at least."""
    if value is not None and not isinstance(value, list):
        raise wrong(path, value, "a list, such as [sts.amazonaws.com]")
    named = [one.lower().rstrip(".") if isinstance(one, str) else one for one in value or ()]
    for one in named:
        if not isinstance(one, str) or not _host(one):
            said = 'the name of a host, "*.name" for all below it, or an address; with :PORT or 443'
            raise wrong(path, one, said)
    return tuple(dict.fromkeys(named))


def _host(text: str) -> bool:
    if len(text) > 253 or ("*" in text and not _HOST.fullmatch(text.partition(":")[0])):
        return False
    try:
        hosts_of.parse(text)
    except ValueError:
        return False
    return True


def tiers(value: Any, base: Limits) -> Limits:
    known(mapping(value, "tiers"), tuple(base.tiers), "tiers")
    said = {name: _tier(one, base.tier(name), f"tiers.{name}") for name, one in value.items()}
    return replace(base, tiers={**base.tiers, **said})


def limits(value: Any, base: Limits) -> Limits:
    known(mapping(value, "limits"), LIMITS, "limits")
    for name, one in value.items():
        base = replace(base, **{name: _LIMIT[name](one)})
    return base


def shown_tier(tier: Tier) -> dict[str, Any]:
    asks = {"approvers": tier.approvers} if tier.ruling is Ruling.ASK else {}
    return {"ruling": tier.ruling.value, **asks}


def shown_limits(held: Limits) -> dict[str, Any]:
    amount = held.increase.amount
    whole = amount == amount.to_integral_value()
    return {
        "share": held.share,
        "increase": int(amount) if whole else float(amount),
        "expiry": _time(held.expiry),
    }


def _tier(value: Any, old: Tier, path: str) -> Tier:
    """`{ruling: ask, approvers: 2}`, or the ruling alone; what is asked of one person is 1."""
    said = {"ruling": value} if isinstance(value, str) else mapping(value, path)
    known(said, ("ruling", "approvers"), path)
    try:
        ruling = Ruling(said["ruling"]) if "ruling" in said else old.ruling
    except ValueError:
        raise wrong(f"{path}.ruling", said["ruling"], "allow, ask or deny") from None
    if "approvers" not in said:
        same = old.approvers if ruling is old.ruling else 1
        return replace(old, ruling=ruling, approvers=same)
    people = said["approvers"]
    if not isinstance(people, int) or isinstance(people, bool) or not 1 <= people <= MOST_APPROVERS:
        said_ = f"a whole number from 1 to {MOST_APPROVERS}; `ruling: allow` asks nobody"
        raise wrong(f"{path}.approvers", people, said_)
    if ruling is not Ruling.ASK:
        raise Invalid(f"{path}.approvers counts only where ruling is ask, and here it is {ruling}")
    return replace(old, ruling=ruling, approvers=people)


def _share(value: Any) -> float:
    if not _number(value) or not 0 <= value <= 1:
        raise wrong("limits.share", value, "a part of the workspace from 0 to 1, such as 0.25")
    return float(value)


def _increase(value: Any) -> Money:
    if not _number(value) or not 0 <= value <= 10**9:
        raise wrong("limits.increase", value, "US dollars a month, such as 100")
    return Money(Decimal(str(value)))


def _expiry(value: Any) -> timedelta:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    spent = int(match[1]) * _UNIT[match[2]] if match else timedelta(0)
    if not timedelta(minutes=1) <= spent <= _LONGEST:
        raise wrong("limits.expiry", value, "a time from 1m to 90d, such as 72h")
    return spent


_LIMIT: Mapping[str, Callable[[Any], Any]] = {
    "share": _share,
    "increase": _increase,
    "expiry": _expiry,
}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _time(spent: timedelta) -> str:
    minutes = spent // _UNIT["m"]
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def wrong(path: str, value: Any, wanted: str) -> Invalid:
    return Invalid(f"{path} is {_shown(value)}; it is {wanted}")


def _shown(value: Any) -> str:
    text = "empty" if value is None else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"

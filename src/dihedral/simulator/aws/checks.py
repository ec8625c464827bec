"""What the real provider refuses before it asks the cloud, and the schema does not say."""

import ipaddress
import json
import re
from collections.abc import Iterator

from dihedral.simulator.cty import Object, Value, unknown
from dihedral.simulator.plan import Kind
from dihedral.simulator.weather import Trouble

RANGES = ("cidr_block", "ipv4_cidr_block", "destination_cidr_block", "cidr_ipv4")
DOCUMENTS = ("policy", "assume_role_policy", "redrive_policy", "container_definitions")
ARN = re.compile(r"arn:[\w-]*:[\w-]+:[\w-]*:(\d{12}|aws|aws-managed|\*|):.+", re.DOTALL)


def check(kind: Kind, config: Object) -> list[Trouble]:
    return [*_texts(kind, config), *_choices(kind, config), *_together(kind, config)]


def _texts(kind: Kind, config: Object) -> Iterator[Trouble]:
    for name, value in config.items():
        attribute = kind.block.attributes.get(name)
        if not isinstance(value, str) or not value or attribute is None:
            continue  # "" is what the older SDK takes for not set
        wrong = _wrong(kind, name, value)
        if wrong:
            yield Trouble(wrong, path=(name,))


def _wrong(kind: Kind, name: str, value: str) -> str:
    if name in RANGES:
        try:
            ipaddress.ip_network(value)
        except ValueError as cause:
            return f'expected "{name}" to be a valid IPv4 Value, got {value}: {cause}'
    if name in DOCUMENTS and kind.mode == "resource" and value.lstrip()[:1] in ("{", "["):
        try:
            json.loads(value)
        except ValueError as cause:
            return f'"{name}" contains an invalid JSON policy: {cause}'
    if name.endswith("_arn") and not ARN.fullmatch(value):
        return f'"{name}" ({value}) is an invalid ARN: arn: invalid prefix or sections'
    return ""


def _choices(kind: Kind, config: Object) -> Iterator[Trouble]:
    for name, allowed in kind.facts.choices.items():
        value = config.get(name)
        if isinstance(value, str) and value and value not in allowed:
            listed = json.dumps(allowed)
            yield Trouble(f"expected {name} to be one of {listed}, got {value}", path=(name,))


def _together(kind: Kind, config: Object) -> Iterator[Trouble]:
    for name, *others in kind.facts.conflicts:
        for other in others:
            if _set(config, name) and _set(config, other):
                detail = f'"{name}": conflicts with {other}'
                yield Trouble("Conflicting configuration arguments", detail, (name,))
    for names in kind.facts.exactly_one:
        if any("." in n or unknown(config.get(n)) for n in names):
            continue
        count = sum(config.get(n) not in (None, []) for n in names)
        if count != 1:
            listed = f"`{','.join(names)}`"
            detail = f"one of {listed} must be specified"
            if count:
                detail = f"only one of {listed} can be specified"
            yield Trouble("Invalid combination of arguments", detail, (names[0],))


def _set(config: Object, name: str) -> bool:
    value: Value = config.get(name) if "." not in name else None
    return value not in (None, "", []) and not unknown(value)

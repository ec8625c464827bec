"""Values that look random and never are: the same configuration gives the same ids, every time."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
DAWN = "2025-01-01T00:00:00Z"  # the simulator has no clock: everything was made then


@dataclass(frozen=True, slots=True)
class Seed:
    digest: bytes

    def bytes(self, salt: str = "") -> bytes:
        return hashlib.sha256(self.digest + salt.encode()).digest()

    def hex(self, count: int, salt: str = "") -> str:
        return hashlib.shake_128(self.digest + salt.encode()).hexdigest((count + 1) // 2)[:count]

    def upper(self, count: int, salt: str = "") -> str:
        """Letters and digits as AWS writes its unique ids."""
        raw = hashlib.shake_128(self.digest + b"upper" + salt.encode()).digest(count)
        return "".join(BASE32[byte & 31] for byte in raw)

    def uuid(self, salt: str = "") -> str:
        raw = self.hex(32, "uuid" + salt)
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"

    def number(self, low: int, high: int, salt: str = "") -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int.from_bytes(self.bytes("number" + salt)[:8], "big") % (high - low + 1)

    def stamp(self, salt: str = "") -> str:
        """What Terraform puts behind a name prefix: a time and a counter, 26 digits in all."""
        return f"20250101000000{self.number(10**11, 10**12 - 1, salt)}"

    def private_address(self, salt: str = "") -> str:
        parts = (self.number(0, 255, salt + "b"), self.number(0, 255, salt + "c"))
        return f"10.{parts[0]}.{parts[1]}.{self.number(4, 250, salt + 'd')}"

    def public_address(self, salt: str = "") -> str:
        """From a range kept for documentation, so that it is visibly not real."""
        return f"203.0.113.{self.number(1, 254, salt)}"


@dataclass(frozen=True, slots=True)
class Maker:
    """What the values of one object are made from."""

    seed: Seed
    kind: str  # the type's name
    region: str
    account: str

    @property
    def service(self) -> str:
        word = [*self.kind.split("_"), self.kind][1]
        return SERVICES.get(word, word)

    def written(self, template: str, known: Mapping[str, Any]) -> str:
        """A template with `{account}`, `{hex8}`, or the object's own attributes, filled in."""
        return "".join(
            text + (self._part(name, known) if name else "")
            for text, name, _, _ in Formatter().parse(template)
        )

    def _part(self, name: str, known: Mapping[str, Any]) -> str:
        if name in ("account", "region"):
            return str(getattr(self, name))
        word = name.rstrip("0123456789")
        if word in WORDS:
            return str(WORDS[word](self.seed, int(name[len(word) :] or 0)))
        value = known.get(name)
        if isinstance(value, str | int | float):
            return str(value)
        return "/" if name == "path" else self.seed.hex(12, name)


WORDS = {
    "hex": lambda seed, count: seed.hex(count),
    "upper": lambda seed, count: seed.upper(count),
    "uuid": lambda seed, count: seed.uuid(),
    "stamp": lambda seed, count: seed.stamp(),
}
SERVICES = {"db": "rds", "lb": "elasticloadbalancing", "instance": "ec2", "cloudwatch": "logs"}

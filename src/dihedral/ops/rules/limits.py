"""What a workspace lets pass: the tiers of a decision, as data that its owners change.

Units   share is of the workspace's resources, 0..1; money is per month; `expiry` is how long a
        run waits for its people, and how long their approval holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from dihedral.domain.money import Money
from dihedral.domain.verdict import ORDER, Ruling


@dataclass(frozen=True, slots=True)
class Tier:
    """What follows when a plan does such a thing; `approvers` counts where it is ASK."""

    ruling: Ruling
    says: str
    approvers: int = 1


ALLOW, ASK, DENY = Ruling.ALLOW, Ruling.ASK, Ruling.DENY

# fmt: off
TIERS: Mapping[str, Tier] = MappingProxyType({
    "create":       Tier(ALLOW,"creates"),
    "tag":          Tier(ALLOW,"changes only tags of"),
    "update":       Tier(ASK,  "updates"),
    "replace":      Tier(ASK,  "replaces"),
    "delete":       Tier(ASK,  "destroys"),
    "forget":       Tier(ASK,  "leaves unmanaged"),
    "import":       Tier(ASK,  "takes over"),
    "move":         Tier(ASK,  "renames"),
    "lost":         Tier(ASK,  "destroys what holds data:", approvers=2),
    "irreversible": Tier(ASK,  "cannot be taken back:", approvers=2),
    "opens":        Tier(ASK,  "opens to the world:"),
    "exposes":      Tier(DENY, "exposes to the whole internet:"),
    "crosses":      Tier(ASK,  "opens to other accounts:"),
    "privilege":    Tier(ASK,  "hands out rights that lead to more:"),
    "admin":        Tier(ASK,  "hands out every right:", approvers=2),
    "unknown":      Tier(ASK,  "is not known until apply:"),
    "elsewhere":    Tier(ASK,  "is read by other workspaces:"),
    "critical":     Tier(ASK,  "is critical:", approvers=2),
    "share":        Tier(ASK,  "touches a large share of the workspace:"),
    "deferred":     Tier(ASK,  "leaves for another plan:"),
    "incomplete":   Tier(ASK,  "is not the whole change:"),
    "checks":       Tier(ASK,  "fails checks:"),
    "invoked":      Tier(ASK,  "runs actions of providers:"),
    "errored":      Tier(DENY, "did not succeed:"),
    "rough":        Tier(ALLOW,"is only roughly simulated:"),
    "unpriced":     Tier(ASK,  "has no price for"),
    "increase":     Tier(ASK,  "may cost more than the limit:"),
})
# fmt: on


UNLISTED = Tier(DENY, "does what no tier allows:")
INCREASE = Money(Decimal(100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The defaults ask about every change that is not an addition or a tag.

    `gates` are those that must have spoken; one that has not denies. `auto_apply` lets a plan that
    every gate allows be applied without a person; it is off until a workspace's owner sets it.
    """

    share: float = 0.25
    increase: Money = INCREASE
    expiry: timedelta = timedelta(hours=72)
    tiers: Mapping[str, Tier] = field(default_factory=lambda: TIERS)
    gates: tuple[str, ...] = ("guard", "plan", "cost", "policy", "blast")
    auto_apply: bool = False

    def tier(self, name: str) -> Tier:
        return self.tiers.get(name, UNLISTED)


def stricter(one: Tier, two: Tier) -> Tier:
    """The tier that demands what either does, in the words of `one`.

    It joins: in any order, any number of times, the answer is the same.
    """
    ruling = max(one.ruling, two.ruling, key=ORDER.index)
    asked = [t.approvers for t in (one, two) if t.ruling is ruling]
    return replace(one, ruling=ruling, approvers=max(asked))


def looser(new: Tier, old: Tier) -> bool:
    """Whether `new` lets something pass that `old` would not."""
    return stricter(old, new) != replace(new, says=old.says)

"""A blueprint: a reviewed Terraform module, how people ask for it, and what it needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | bool


class SlotKind(StrEnum):
    """How a slot's value reads in a request."""

    NAME = "name"
    SIZE = "size"
    REGION = "region"  # not a variable of the module: the provider's
    DAYS = "days"
    NUMBER = "number"
    OWNER = "owner"
    ENVIRONMENT = "environment"
    SCHEDULE = "schedule"
    AMOUNT = "amount"
    TEXT = "text"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One value to read from a request. `question` asks for it; `choices` is empty when open."""

    variable: str
    kind: SlotKind
    question: str
    required: bool = False
    default: Value | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A golden path.

    Shape  `phrasings` maps a language (`en`, `zh`, …) to requests as people write them.
           `files` maps a path below `modules/`, as `queue/main.tf`, to its bytes; a module that
           this one uses (`network/main.tf`) is among them.
    """

    name: str
    title: str
    owner: str
    summary: str
    phrasings: Mapping[str, tuple[str, ...]]
    slots: tuple[Slot, ...]
    files: Mapping[str, bytes] = field(repr=False)
    origin: str = "built in"  # or the directory it was read from
    replaces: str = ""  # the origin of the blueprint of the same name that it takes the place of


def named_by(blueprint: Blueprint) -> Slot:
    """The one slot that holds the instance's name; the loader sees to it that there is one."""
    return next(slot for slot in blueprint.slots if slot.kind is SlotKind.NAME)

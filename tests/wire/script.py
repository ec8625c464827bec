"""The scripts that the servers here play are those of the `scripted` provider; and short forms."""

from dihedral.model.work.providers.script import (
    BAD_BYTES,
    Asked,
    Player,
    Rule,
    Rules,
    Say,
    Script,
    Trip,
    Trouble,
    Use,
)

__all__ = [
    "BAD_BYTES",
    "Asked",
    "Player",
    "Rule",
    "Rules",
    "Say",
    "Script",
    "Trip",
    "Trouble",
    "Use",
    "always",
    "in_turn",
]


def always(say: Say) -> Script:
    return lambda asked: say


def in_turn(*says: Say) -> Script:
    """One after the other by rounds, the last for ever."""
    return Rules((Rule(say=says),))

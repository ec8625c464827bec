"""How often Python looks for rings of objects that nobody needs any more."""

import gc

OBJECTS = 50_000  # made since the last look, and not gone by themselves; Python's own is 700


def seldom() -> None:
    """For a program that reads documents of a million values, none of which is in a ring: looking
    for one takes a third of the time of reading them."""
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])

"""A long text, a page at a time."""

from typing import Annotated

from msgspec import Meta

SIZE = 6000  # characters

Start = Annotated[int, Meta(ge=0, description="The character to begin with, from 0")]


def cut(text: str, start: int = 0, size: int = SIZE) -> str:
    """The page that begins there, and how to get the next."""
    end = start + size
    left = len(text) - end
    return text[start:end] + (f"\n… {left} more characters: start={end}" if left > 0 else "")

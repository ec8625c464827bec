"""A long text, a page at a time."""

from typing import Annotated

from msgspec import Meta

SIZE = 5000  # characters; an agent is shown a little more than that at once, or much more

Start = Annotated[int, Meta(ge=0, description="The character to begin with, from 0")]


def cut(text: str, start: int = 0, size: int = SIZE) -> str:
    """The page that begins there, whole lines of it where it has some, and how to get the next."""
    end = start + size
    if end < len(text):
        end = text.rfind("\n", start + size // 2, end) + 1 or end
    left = len(text) - end
    return text[start:end] + (f"\n… {left} more characters: start={end}" if left > 0 else "")

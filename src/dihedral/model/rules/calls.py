"""What a model sent, made such that it can be answered: each call with an id of its own, arguments
read, results as long as they may be."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text
from dihedral.model.rules.own import READ_ON
from dihedral.model.rules.tool import Tool

TOGETHER = 16  # calls of one message that are done
LONGEST = 200_000  # characters of one text of a model's
ARGUMENTS = 200_000  # characters of the arguments of one call


def tidy(message: Message) -> tuple[Message, int]:
    """The message with no more than it may have, and how many calls were left out of it. Each call
    has an id of its own: an answer must find its call."""
    parts: list[Part] = []
    known: set[str] = set()
    dropped = 0
    for part in message.parts:
        if isinstance(part, Call):
            if len(known) > TOGETHER:
                dropped += 1
                continue
            name = part.id if part.id and part.id not in known else f"call-{len(known) + 1}"
            known.add(name)
            parts.append(replace(part, id=name))
        elif isinstance(part, Text) and len(part.text) > LONGEST:
            parts.append(Text(part.text[:LONGEST] + "\n[the rest was cut: it is too long]"))
        elif not isinstance(part, Result):  # a model answers no call
            parts.append(part)
    return Message(Speaker.AGENT, tuple(parts)), dropped


def cut(result: Result, most: int) -> Result:
    """As much of it as is shown at once, and how to read on."""
    if len(result.text) <= most:
        return result
    where = f'"result": "{result.whole}", ' if result.whole else ""
    note = (
        f"\n[cut here: these are {most:,} of {len(result.text):,} characters;"
        f' call {READ_ON.name} with {{{where}"from": {most}}} for more]'
    )
    return replace(result, text=result.text[:most] + note, size=len(result.text))


def read(call: Call, tools: Mapping[str, Tool]) -> tuple[Mapping[str, Any] | None, str]:
    """The arguments, or what is wrong with the call."""
    if call.tool not in tools:
        known = ", ".join(sorted(tools)) or "none"
        return None, f"there is no tool {call.tool[:100]!r}; the tools are: {known}"
    if len(call.arguments) > ARGUMENTS:
        size, most = f"{len(call.arguments):,}", f"{ARGUMENTS:,}"
        return None, f"the arguments have {size} characters, at most {most}; send less at once"
    try:
        read = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as cause:
        return None, f"the arguments are not JSON: {str(cause)[:200]}; send one JSON object"
    if not isinstance(read, dict):
        return None, f"the arguments are a JSON {type(read).__name__}; send one JSON object"
    return read, ""


def plain(text: str) -> str:
    """Without what makes no difference to a reader."""
    return " ".join(text.casefold().split())


def mark(brief: str) -> str:
    """By which the same words are known again."""
    return hashlib.sha256(plain(brief).encode()).hexdigest()


def piece(text: str, digest: str, start: int, most: int) -> str:
    """A part of a result that was cut, and how to go on after that."""
    part = text[start : start + most - 200]  # with what it says at its end, it is not cut again
    end = start + len(part)
    more = f'\n[{len(text) - end:,} more: {{"result": "{digest}", "from": {end}}}]'
    return (part + more if end < len(text) else part) or "[that was all of it]"

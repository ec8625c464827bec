"""Messages as bytes, and back. Fields are only ever added here: old ones are read for ever."""

import json
from typing import Any

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text, Thought
from dihedral.domain.ids import Digest


def encode(message: Message) -> bytes:
    """The same message is always the same bytes."""
    told = {"by": message.by.value, "parts": [_told(part) for part in message.parts]}
    return json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def decode(text: bytes) -> Message:
    told = json.loads(text)
    return Message(Speaker(told["by"]), tuple(_part(part) for part in told["parts"]))


def _told(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"kind": "text", "text": text}
        case Thought(text, signature, provider):
            return {"kind": "thought", "text": text, "signature": signature, "provider": provider}
        case Call(name, tool, arguments):
            return {"kind": "call", "id": name, "tool": tool, "arguments": arguments}
        case Result(call, tool, text, failed, whole, size):
            told = {"kind": "result", "call": call, "tool": tool, "text": text, "failed": failed}
            return {**told, "whole": whole, "size": size} if whole else told


def _part(told: dict[str, Any]) -> Part:
    match told["kind"]:
        case "text":
            return Text(told["text"])
        case "thought":
            return Thought(told["text"], told["signature"], told["provider"])
        case "call":
            return Call(told["id"], told["tool"], told["arguments"])
        case "result":
            whole = Digest(told["whole"]) if told.get("whole") else None
            cut = (whole, told.get("size", 0))
            return Result(told["call"], told["tool"], told["text"], told["failed"], *cut)
        case kind:
            raise ValueError(f"a message has a part of the unknown kind {kind!r}")

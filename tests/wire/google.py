"""Google's generateContent and streamGenerateContent (Gemini API).

Source  ai.google.dev/api/generate-content
Surprise: a call comes whole, as an object. Arguments that are no JSON end the answer instead.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text, Thought
from dihedral.domain.model import Usage
from tests.wire.pieces import Received, cut, dump, event, name
from tests.wire.script import Asked, Say, Use

FINISH = {"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}
TYPES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
kind = "text/event-stream"


def takes(path: str) -> bool:
    return path.endswith((":generateContent", ":streamGenerateContent"))


def read(received: Received) -> Asked:
    body = received.json
    if "x-goog-api-key" not in received.headers:
        raise ValueError("there is no API key")
    config = body.get("generationConfig") or {}
    tools = [t for tool in body.get("tools") or () for t in tool.get("functionDeclarations", ())]
    path = received.path.partition("?")[0]
    return Asked(
        model=unquote(path.rpartition("/")[2].rpartition(":")[0]),
        system="\n".join(p["text"] for p in (body.get("systemInstruction") or {}).get("parts", ())),
        messages=tuple(_messages(body["contents"])),
        tools=tuple(tool["name"] for tool in tools),
        schema=config.get("responseJsonSchema") or config.get("responseSchema"),
        most=config.get("maxOutputTokens"),
        stream=path.endswith(":streamGenerateContent"),
    )


def whole(asked: Asked, say: Say) -> bytes:
    parts = [_said(say.text)] if say.text else []
    if say.thought:
        parts.insert(0, _thought(say.thought))
    parts += [_call(use, n, say) for n, use in enumerate(say.calls) if _readable(use)]
    return dump(_chunk(asked, say, parts, end=True))


def pieces(asked: Asked, say: Say) -> Iterator[bytes]:
    for piece in cut(say.thought, say.size):
        yield event(_chunk(asked, say, [_thought(piece)]))
    for piece in cut(say.text, say.size):
        yield event(_chunk(asked, say, [_said(piece)]))
    for number, use in enumerate(say.calls):
        if _readable(use):
            yield event(_chunk(asked, say, [_call(use, number, say)]))
    yield event(_chunk(asked, say, [], end=True))


def error(status: int, message: str) -> tuple[dict[str, str], bytes]:
    told = {"code": status, "message": message, "status": TYPES.get(status, "INTERNAL")}
    return {}, dump({"error": told})


def broken(status: int, message: str) -> bytes:
    return b"data: " + error(status, message)[1] + b"\n\n"


def _chunk(
    asked: Asked, say: Say, parts: list[dict[str, Any]], end: bool = False
) -> dict[str, Any]:
    told: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if end:
        malformed = not all(_readable(use) for use in say.calls)
        told["finishReason"] = "MALFORMED_FUNCTION_CALL" if malformed else FINISH[say.ended]
    return {
        "candidates": [told],
        "usageMetadata": _usage(say.used),
        "modelVersion": asked.model,
        "responseId": "response-1",
    }


def _said(text: str) -> dict[str, Any]:
    return {"text": text}


def _thought(text: str) -> dict[str, Any]:
    return {"text": text, "thought": True}


def _call(use: Use, number: int, say: Say) -> dict[str, Any]:
    """The first of an answer bears the signature of the thoughts before it."""
    told = {"id": name(use, number), "name": use.tool, "args": json.loads(use.written)}
    signed = {"thoughtSignature": say.signature} if say.signature and number == 0 else {}
    return {"functionCall": told, **signed}


def _readable(use: Use) -> bool:
    try:
        return isinstance(json.loads(use.written), dict)
    except ValueError:
        return False


def _usage(used: Usage) -> dict[str, int]:
    return {
        "promptTokenCount": used.input,
        "cachedContentTokenCount": used.cached,
        "candidatesTokenCount": used.output - used.reasoning,
        "thoughtsTokenCount": used.reasoning,
        "totalTokenCount": used.tokens,
    }


def _messages(told: list[dict[str, Any]]) -> Iterator[Message]:
    for one in told:
        if one["role"] == "model":
            yield Message(Speaker.AGENT, tuple(_spoken(one["parts"])))
            continue
        results = [_result(p["functionResponse"]) for p in one["parts"] if "functionResponse" in p]
        texts = [Text(p["text"]) for p in one["parts"] if "text" in p]
        if results:
            yield Message(Speaker.TOOL, tuple(results))
        if texts:
            yield Message(Speaker.PERSON, tuple(texts))


def _spoken(parts: list[dict[str, Any]]) -> Iterator[Part]:
    for part in parts:
        if part.get("thought"):
            yield Thought(part.get("text", ""), "", "google")
        elif "functionCall" in part:
            call = part["functionCall"]
            if signature := part.get("thoughtSignature"):
                yield Thought("", signature, "google")
            written = json.dumps(call.get("args") or {}, ensure_ascii=False)
            yield Call(call.get("id", ""), call["name"], written)
        elif "text" in part:
            yield Text(part["text"])


def _result(told: dict[str, Any]) -> Result:
    words = told["response"]
    failed = "error" in words
    text = next(iter(words.values())) if len(words) == 1 else words
    shown = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    return Result(told.get("id", ""), told["name"], shown, failed)

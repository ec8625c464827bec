"""OpenAI's chat completions.

Source  platform.openai.com/docs/api-reference/chat
"""

import json
from collections.abc import Iterator
from typing import Any

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text
from dihedral.domain.model import Usage
from tests.wire.pieces import Received, cut, dump, event, name
from tests.wire.script import Asked, Say, Use

FINISH = {"stop": "stop", "tools": "tool_calls", "length": "length", "filter": "content_filter"}
TYPES = {400: "invalid_request_error", 401: "invalid_request_error", 429: "rate_limit_exceeded"}
kind = "text/event-stream"


def takes(path: str) -> bool:
    return path.endswith("/chat/completions")


def read(received: Received) -> Asked:
    body = received.json
    shape = body.get("response_format") or {}
    system = [_words(m) for m in body["messages"] if m["role"] in ("system", "developer")]
    return Asked(
        model=body["model"],
        system="\n".join(system),
        messages=tuple(_messages(body["messages"])),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        schema=shape["json_schema"]["schema"] if shape.get("type") == "json_schema" else None,
        most=body.get("max_completion_tokens") or body.get("max_tokens"),
        stream=bool(body.get("stream")),
    )


def whole(asked: Asked, say: Say) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": say.text or None, "refusal": None}
    if say.thought:
        message["reasoning_content"] = say.thought
    if say.calls:
        message["tool_calls"] = [_call(use, n) for n, use in enumerate(say.calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[say.ended]}
    return dump({**_head(asked, "chat.completion"), "choices": [choice], "usage": _usage(say.used)})


def pieces(asked: Asked, say: Say) -> Iterator[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        head = _head(asked, "chat.completion.chunk")
        return event({**head, "choices": [choice], "usage": None})

    yield chunk({"role": "assistant", "content": ""})
    for piece in cut(say.thought, say.size):
        yield chunk({"reasoning_content": piece})
    for piece in cut(say.text, say.size):
        yield chunk({"content": piece})
    for number, use in enumerate(say.calls):
        call = _call(use, number)
        call["function"]["arguments"] = ""
        yield chunk({"tool_calls": [{"index": number, **call}]})
        for piece in cut(use.written, say.size):
            more = {"index": number, "function": {"arguments": piece}}
            yield chunk({"tool_calls": [more]})
    yield chunk({}, FINISH[say.ended])
    last = {**_head(asked, "chat.completion.chunk"), "choices": [], "usage": _usage(say.used)}
    yield event(last) + b"data: [DONE]\n\n"


def error(status: int, message: str) -> tuple[dict[str, str], bytes]:
    what = TYPES.get(status, "server_error")
    told = {"message": message, "type": what, "param": None, "code": None}
    return {"x-request-id": "req_1"}, dump({"error": told})


def broken(status: int, message: str) -> bytes:
    return b"data: " + error(status, message)[1] + b"\n\n"


def _head(asked: Asked, what: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": what, "created": 1_790_000_000, "model": asked.model}


def _call(use: Use, number: int) -> dict[str, Any]:
    told = {"name": use.tool, "arguments": use.written}
    return {"id": name(use, number), "type": "function", "function": told}


def _usage(used: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.tokens,
        "prompt_tokens_details": {"cached_tokens": used.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning, "audio_tokens": 0},
    }


def _messages(told: list[dict[str, Any]]) -> Iterator[Message]:
    """Results that follow one another are one message of ours."""
    results: list[Part] = []
    names: dict[str, str] = {}
    for one in told:
        if one["role"] == "tool":
            call = one["tool_call_id"]
            results.append(Result(call=call, tool=names.get(call, ""), text=_words(one)))
            continue
        if results:
            yield Message(Speaker.TOOL, tuple(results))
            results = []
        if one["role"] == "user":
            yield Message(Speaker.PERSON, (Text(_words(one)),))
        elif one["role"] == "assistant":
            yield Message(Speaker.AGENT, tuple(_parts(one, names)))
    if results:
        yield Message(Speaker.TOOL, tuple(results))


def _parts(one: dict[str, Any], names: dict[str, str]) -> Iterator[Part]:
    if words := _words(one):
        yield Text(words)
    for call in one.get("tool_calls") or ():
        names[call["id"]] = call["function"]["name"]
        json.loads(call["function"]["arguments"])  # as strict as the real one
        yield Call(call["id"], call["function"]["name"], call["function"]["arguments"])


def _words(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")

"""Anthropic's messages.

Source  docs.anthropic.com/en/api/messages and /messages-streaming
"""

import json
from collections.abc import Iterator
from typing import Any

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text, Thought
from dihedral.domain.model import Usage
from tests.wire.pieces import Received, cut, dump, event, name
from tests.wire.script import Asked, Say

FINISH = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens", "filter": "refusal"}
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}
SIGNATURE = "c2lnbmF0dXJl"
kind = "text/event-stream"


def takes(path: str) -> bool:
    return path.endswith("/v1/messages")


def read(received: Received) -> Asked:
    body = received.json
    if "anthropic-version" not in received.headers:
        raise ValueError("the header anthropic-version is missing")
    shape = (body.get("output_config") or {}).get("format") or {}
    return Asked(
        model=body["model"],
        system=_words(body.get("system") or ""),
        messages=tuple(_messages(body["messages"])),
        tools=tuple(tool["name"] for tool in body.get("tools") or ()),
        schema=shape.get("schema"),
        most=body["max_tokens"],
        stream=bool(body.get("stream")),
    )


def whole(asked: Asked, say: Say) -> bytes:
    blocks = [block for block, _ in _blocks(say, full=True)]
    return dump({**_head(asked, say), "content": blocks, "stop_reason": FINISH[say.ended]})


def pieces(asked: Asked, say: Say) -> Iterator[bytes]:
    def told(kind: str, **more: Any) -> bytes:
        return event({"type": kind, **more}, kind)

    yield told("message_start", message=_head(asked, say))
    yield told("ping")
    for index, (block, deltas) in enumerate(_blocks(say, full=False)):
        yield told("content_block_start", index=index, content_block=block)
        for delta in deltas:
            yield told("content_block_delta", index=index, delta=delta)
        yield told("content_block_stop", index=index)
    ended = {"stop_reason": FINISH[say.ended], "stop_sequence": None}
    yield told("message_delta", delta=ended, usage=_usage(say.used))
    yield told("message_stop")


def error(status: int, message: str) -> tuple[dict[str, str], bytes]:
    told = {"type": TYPES.get(status, "api_error"), "message": message}
    return {"request-id": "req_1"}, dump({"type": "error", "error": told, "request_id": "req_1"})


def broken(status: int, message: str) -> bytes:
    return b"event: error\ndata: " + error(status, message)[1] + b"\n\n"


def _head(asked: Asked, say: Say) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(say.used),
    }


def _usage(used: Usage) -> dict[str, Any]:
    return {
        "input_tokens": used.input - used.cached - used.written,
        "cache_read_input_tokens": used.cached,
        "cache_creation_input_tokens": used.written,
        "output_tokens": used.output,
    }


def _blocks(say: Say, full: bool) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each block as it starts and the deltas that fill it; with `full` as it is in the end."""
    if say.thought:
        signature = say.signature or SIGNATURE
        deltas = [{"type": "thinking_delta", "thinking": p} for p in cut(say.thought, say.size)]
        deltas.append({"type": "signature_delta", "signature": signature})
        filled = (say.thought, signature) if full else ("", "")
        yield {"type": "thinking", "thinking": filled[0], "signature": filled[1]}, deltas
    if say.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in cut(say.text, say.size)]
        yield {"type": "text", "text": say.text if full else ""}, deltas
    for number, use in enumerate(say.calls):
        deltas = [
            {"type": "input_json_delta", "partial_json": p} for p in cut(use.written, say.size)
        ]
        given = json.loads(use.written) if full else {}
        block = {"type": "tool_use", "id": name(use, number), "name": use.tool, "input": given}
        yield block, deltas


def _messages(told: list[dict[str, Any]]) -> Iterator[Message]:
    """One message of theirs may have results and words of a person: two of ours."""
    names: dict[str, str] = {}
    for one in told:
        content = one["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if one["role"] == "assistant":
            yield Message(Speaker.AGENT, tuple(_spoken(blocks, names)))
            continue
        results = [_result(b, names) for b in blocks if b["type"] == "tool_result"]
        texts = [Text(b["text"]) for b in blocks if b["type"] == "text"]
        if results:
            yield Message(Speaker.TOOL, tuple(results))
        if texts:
            yield Message(Speaker.PERSON, tuple(texts))


def _spoken(blocks: list[dict[str, Any]], names: dict[str, str]) -> Iterator[Part]:
    for block in blocks:
        if block["type"] == "text":
            yield Text(block["text"])
        elif block["type"] == "thinking":
            yield Thought(block["thinking"], block["signature"], "anthropic")
        elif block["type"] == "tool_use":
            names[block["id"]] = block["name"]
            yield Call(block["id"], block["name"], json.dumps(block["input"], ensure_ascii=False))


def _result(block: dict[str, Any], names: dict[str, str]) -> Result:
    failed = bool(block.get("is_error"))
    tool = names[block["tool_use_id"]]  # as strict as the real one: a result has a call
    return Result(block["tool_use_id"], tool, _words(block.get("content") or ""), failed)


def _words(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")

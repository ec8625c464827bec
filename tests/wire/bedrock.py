"""Amazon Bedrock's Converse and ConverseStream, the stream in AWS's binary event frames.

Source  docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
        smithy.io/2.0/aws/amazon-eventstream.html
"""

import json
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from zlib import crc32

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text, Thought
from dihedral.domain.model import Usage
from tests.wire.pieces import Received, cut, dump, name
from tests.wire.script import Asked, Say

FINISH = {
    "stop": "end_turn",
    "tools": "tool_use",
    "length": "max_tokens",
    "filter": "content_filtered",
}
TYPES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
IN_STREAM = {429: "throttlingException", 400: "validationException"}
SIGNATURE = "c2lnbmF0dXJl"
kind = "application/vnd.amazon.eventstream"


def takes(path: str) -> bool:
    return path.startswith("/model/") and path.endswith(("/converse", "/converse-stream"))


def read(received: Received) -> Asked:
    body = received.json
    signed = received.headers.get("authorization", "")
    if not signed.startswith(("AWS4-HMAC-SHA256 Credential=", "Bearer ")):
        raise ValueError("the request is not signed")
    shape = body.get("outputConfig", {}).get("textFormat", {}).get("structure", {})
    tools = body.get("toolConfig", {}).get("tools", [])
    return Asked(
        model=unquote(received.path.split("/")[2]),
        system="\n".join(block["text"] for block in body.get("system", []) if "text" in block),
        messages=tuple(_messages(body["messages"])),
        tools=tuple(tool["toolSpec"]["name"] for tool in tools if "toolSpec" in tool),
        schema=json.loads(shape["jsonSchema"]["schema"]) if shape else None,
        most=body.get("inferenceConfig", {}).get("maxTokens"),
        stream=received.path.endswith("/converse-stream"),
    )


def whole(asked: Asked, say: Say) -> bytes:
    content = [_whole(block) for block in _blocks(say)]
    return dump(
        {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": FINISH[say.ended],
            "usage": _usage(say.used),
            "metrics": {"latencyMs": 12},
        }
    )


def pieces(asked: Asked, say: Say) -> Iterator[bytes]:
    yield _frame("messageStart", {"role": "assistant"})
    for index, (start, deltas, _) in enumerate(_blocks(say)):
        if start:
            yield _frame("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for delta in deltas:
            yield _frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
        yield _frame("contentBlockStop", {"contentBlockIndex": index})
    yield _frame("messageStop", {"stopReason": FINISH[say.ended]})
    yield _frame("metadata", {"usage": _usage(say.used), "metrics": {"latencyMs": 12}})


def error(status: int, message: str) -> tuple[dict[str, str], bytes]:
    what = TYPES.get(status, "InternalServerException")
    headers = {"x-amzn-requestid": "req-1", "x-amzn-errortype": f"{what}:http://internal/"}
    return headers, dump({"message": message})


def broken(status: int, message: str) -> bytes:
    what = IN_STREAM.get(status, "internalServerException")
    return _packed({":exception-type": what, ":message-type": "exception"}, {"message": message})


def _frame(event: str, payload: object) -> bytes:
    return _packed({":event-type": event, ":message-type": "event"}, payload)


def _packed(headers: dict[str, str], payload: object) -> bytes:
    told = {**headers, ":content-type": "application/json"}
    head = b"".join(_header(key, value) for key, value in told.items())
    body = dump(payload)
    prelude = struct.pack("!II", 16 + len(head) + len(body), len(head))
    frame = prelude + struct.pack("!I", crc32(prelude)) + head + body
    return frame + struct.pack("!I", crc32(frame))


def _header(key: str, value: str) -> bytes:
    text = value.encode()
    return (
        struct.pack("!B", len(key)) + key.encode() + b"\x07" + struct.pack("!H", len(text)) + text
    )


def _usage(used: Usage) -> dict[str, int]:
    return {
        "inputTokens": used.input - used.cached - used.written,
        "outputTokens": used.output,
        "totalTokens": used.tokens,
        "cacheReadInputTokens": used.cached,
        "cacheWriteInputTokens": used.written,
    }


_Block = tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]


def _blocks(say: Say) -> Iterator[_Block]:
    """How each block starts, the deltas that fill it, and the whole of it."""
    if say.thought:
        signature = say.signature or SIGNATURE
        deltas = [{"reasoningContent": {"text": p}} for p in cut(say.thought, say.size)]
        deltas.append({"reasoningContent": {"signature": signature}})
        told = {"text": say.thought, "signature": signature}
        yield {}, deltas, {"reasoningContent": {"reasoningText": told}}
    if say.text:
        yield {}, [{"text": piece} for piece in cut(say.text, say.size)], {"text": say.text}
    for number, use in enumerate(say.calls):
        head = {"toolUseId": name(use, number), "name": use.tool}
        deltas = [{"toolUse": {"input": piece}} for piece in cut(use.written, say.size)]
        yield {"toolUse": head}, deltas, {"toolUse": {**head, "input": use.arguments}}


def _whole(block: _Block) -> dict[str, Any]:
    return block[2]


def _messages(told: list[dict[str, Any]]) -> Iterator[Message]:
    names: dict[str, str] = {}
    for one in told:
        blocks = one["content"]
        if one["role"] == "assistant":
            yield Message(Speaker.AGENT, tuple(_spoken(blocks, names)))
            continue
        results = [_result(b["toolResult"], names) for b in blocks if "toolResult" in b]
        texts = [Text(b["text"]) for b in blocks if "text" in b]
        if results:
            yield Message(Speaker.TOOL, tuple(results))
        if texts:
            yield Message(Speaker.PERSON, tuple(texts))


def _spoken(blocks: list[dict[str, Any]], names: dict[str, str]) -> Iterator[Part]:
    for block in blocks:
        if "text" in block:
            yield Text(block["text"])
        elif "reasoningContent" in block:
            told = block["reasoningContent"]["reasoningText"]
            yield Thought(told["text"], told.get("signature", ""), "bedrock")
        elif "toolUse" in block:
            call = block["toolUse"]
            names[call["toolUseId"]] = call["name"]
            written = json.dumps(call["input"], ensure_ascii=False)
            yield Call(call["toolUseId"], call["name"], written)


def _result(told: dict[str, Any], names: dict[str, str]) -> Result:
    texts = [c["text"] if "text" in c else json.dumps(c["json"]) for c in told["content"]]
    call, failed = told["toolUseId"], told.get("status") == "error"
    return Result(call, names[call], "\n".join(texts), failed)

"""Our servers are honest: the official clients read what they send, by their own validation."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import boto3
import openai
import pytest
from anthropic.types import TextBlock, ThinkingBlock, ToolUseBlock
from botocore.config import Config
from google import genai

from dihedral.domain.model import Usage
from tests.wire.script import Rule, Rules, Say, Trip, Trouble, Use
from tests.wire.server import Server, playing

BERN = {"city": "Zürich"}
SCRIPT = Rules(
    (
        Rule(last="busy", say=(Say(trip=Trip(trouble=Trouble.BUSY, retry_after="2")),)),
        Rule(last="overloaded", say=(Say(trip=Trip(trouble=Trouble.BUSY, status=529)),)),
        Rule(
            last="weather",
            say=(
                Say(
                    text="I look.",
                    thought="they want weather",
                    signature="c2lnbmVk",
                    calls=(Use(tool="weather", arguments=BERN), Use(tool="weather")),
                    usage=Usage(input=30, output=12, cached=20, reasoning=4),
                    size=5,
                ),
            ),
        ),
    )
)
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with playing(SCRIPT) as server:
        yield server


@pytest.fixture
def chat(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        api_key="x",
        base_url=f"{server.url}/v1",
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def claude(server: Server) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        api_key="x", base_url=server.url, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def asks(word: str, stream: bool) -> dict[str, Any]:
    tool = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
    more = {"stream_options": {"include_usage": True}} if stream else {}
    said = [{"role": "user", "content": word}]
    return {"model": "gpt", "messages": said, "tools": [tool], "stream": stream, **more}


def test_openai_reads_an_answer(chat: openai.OpenAI) -> None:
    told = chat.chat.completions.create(**asks("weather", stream=False))
    (choice,) = told.choices
    assert choice.finish_reason == "tool_calls" and choice.message.content == "I look."
    first = choice.message.tool_calls[0]
    assert json.loads(first.function.arguments) == BERN
    assert told.usage.prompt_tokens_details.cached_tokens == 20


def test_openai_reads_a_stream(chat: openai.OpenAI) -> None:
    from openai.lib.streaming.chat import ChatCompletionStreamState

    state = ChatCompletionStreamState()
    count = 0
    for chunk in chat.chat.completions.create(**asks("weather", stream=True)):
        type(chunk).model_validate(chunk.model_dump())
        state.handle_chunk(chunk)
        count += 1
    told = state.get_final_completion()
    calls = told.choices[0].message.tool_calls
    assert calls is not None and [call.function.name for call in calls] == ["weather", "weather"]
    assert json.loads(calls[0].function.arguments) == BERN and count > 10
    assert told.usage is not None and told.usage.completion_tokens == 12


def test_openai_reads_an_error(chat: openai.OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as raised:
        chat.chat.completions.create(**asks("busy", stream=True))
    assert raised.value.response.headers["retry-after"] == "2"
    assert raised.value.type == "rate_limit_exceeded"


def says(word: str) -> dict[str, Any]:
    tool = {"name": "weather", "input_schema": WEATHER}
    said = [{"role": "user", "content": word}]
    return {"model": "claude", "max_tokens": 50, "messages": said, "tools": [tool]}


def test_anthropic_reads_an_answer(claude: anthropic.Anthropic) -> None:
    thought, text, first, second = claude.messages.create(**says("weather")).content
    assert isinstance(thought, ThinkingBlock) and thought.signature == "c2lnbmVk"
    assert isinstance(text, TextBlock) and isinstance(second, ToolUseBlock)
    assert isinstance(first, ToolUseBlock) and first.input == BERN


def test_anthropic_reads_a_stream(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(**says("weather")) as stream:
        kinds = [event.type for event in stream]
        told = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
    assert {"thinking", "signature", "input_json", "text"} <= set(kinds)
    assert told.stop_reason == "tool_use"
    assert isinstance(told.content[2], ToolUseBlock) and told.content[2].input == BERN
    assert (told.usage.input_tokens, told.usage.cache_read_input_tokens) == (10, 20)


def test_anthropic_reads_an_error(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.RateLimitError):
        claude.messages.create(**says("busy"))
    with pytest.raises(anthropic.APIStatusError) as raised:
        claude.messages.create(**says("overloaded"))
    assert raised.value.status_code == 529
    assert isinstance(raised.value.body, dict)
    assert raised.value.body["error"]["type"] == "overloaded_error"


@pytest.fixture(scope="module")
def aws(server: Server) -> Any:
    return boto3.session.Session().client(
        "bedrock-runtime",
        region_name="eu-central-1",
        endpoint_url=server.url,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=True),
    )


def converse(word: str) -> dict[str, Any]:
    spec = {"name": "weather", "inputSchema": {"json": WEATHER}}
    return {
        "modelId": "anthropic.claude-v9:0",
        "messages": [{"role": "user", "content": [{"text": word}]}],
        "toolConfig": {"tools": [{"toolSpec": spec}]},
    }


def test_boto3_reads_an_answer(aws: Any) -> None:
    told = aws.converse(**converse("weather"))
    thought, text, first, _ = told["output"]["message"]["content"]
    assert thought["reasoningContent"]["reasoningText"]["signature"] == "c2lnbmVk"
    assert text["text"] == "I look." and first["toolUse"]["input"] == BERN
    assert told["stopReason"] == "tool_use" and told["usage"]["cacheReadInputTokens"] == 20


def test_boto3_reads_a_stream(aws: Any, server: Server) -> None:
    events = list(aws.converse_stream(**converse("weather"))["stream"])
    assert next(iter(events[0])) == "messageStart" and "metadata" in events[-1]
    deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    assert "".join(d["text"] for d in deltas if "text" in d) == "I look."
    written = [d["toolUse"]["input"] for d in deltas if "toolUse" in d]
    assert json.loads("".join(written[:-1])) == BERN and len(written) > 3
    assert server.asked[-1].model == "anthropic.claude-v9:0"


def test_boto3_reads_an_error(aws: Any) -> None:
    with pytest.raises(aws.exceptions.ThrottlingException):
        aws.converse_stream(**converse("busy"))


def test_google_reads_an_answer_and_a_stream(server: Server) -> None:
    options = genai.types.HttpOptions(base_url=server.url)
    with genai.Client(vertexai=False, api_key="x", http_options=options) as client:
        told = client.models.generate_content(model="gemini", contents="weather")
        stream = list(client.models.generate_content_stream(model="gemini", contents="weather"))
        with pytest.raises(genai.errors.ClientError) as raised:
            client.models.generate_content(model="gemini", contents="busy")
    assert told.text == "I look." and told.function_calls is not None
    assert [call.args for call in told.function_calls] == [BERN, {}]
    parts = [
        p for c in stream for x in c.candidates or () for p in (x.content and x.content.parts) or ()
    ]
    assert "".join(p.text for p in parts if p.text and not p.thought) == "I look."
    assert stream[-1].usage_metadata is not None
    assert stream[-1].usage_metadata.thoughts_token_count == 4
    assert raised.value.code == 429

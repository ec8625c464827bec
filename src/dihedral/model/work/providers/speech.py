"""Our messages in the words of the library, and its answers in ours.

Surprise: what a provider wants back as it gave it (a signature, an id of a thought, a mark on a
call) has its place in a `Thought`: `provider` says whose it is and what for, as `NAME/id/…` for a
part of the answer and `NAME/call/ID` for the mark on a call. Thoughts of another provider are not
sent: they are of no use to it, and would be told as if they were said.
"""

import json
from collections.abc import Iterator, Sequence

from pydantic_ai import messages as theirs
from pydantic_ai.messages import ModelMessage, ModelResponsePart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from dihedral.domain.conversation import Call, Message, Part, Result, Speaker, Text, Thought
from dihedral.domain.model import Usage
from dihedral.model.work.providers.faults import Garbled, Refused
from dihedral.model.work.providers.provider import Question

FINISH = {"stop": "stop", "length": "length", "content_filter": "filter", "tool_call": "tools"}
NAME = 256  # characters of the name of a tool, and of a call
ANSWER = "answer"  # what the schema of an answer is called


def history(messages: Sequence[Message], provider: str) -> list[ModelMessage]:
    """Raises Refused where there is nothing to answer."""
    told = [_message(message, provider) for message in messages if message.parts]
    if not any(isinstance(one, theirs.ModelRequest) for one in told):
        raise Refused("there is nothing to answer: no message of a person or a tool")
    return told


def wishes(question: Question, strict: bool | None) -> ModelRequestParameters:
    """What is asked for beside the messages. `strict` is of tools; None: as the library thinks."""
    tools = [
        ToolDefinition(
            name=tool.name,
            description=tool.description,
            parameters_json_schema=dict(tool.parameters),
            strict=strict,
        )
        for tool in question.tools
    ]
    shape = None
    if question.schema is not None:
        shape = OutputObjectDefinition(json_schema=dict(question.schema), name=ANSWER, strict=True)
    parts = [theirs.InstructionPart(content=question.system)] if question.system else []
    return ModelRequestParameters(
        function_tools=tools,
        output_mode="native" if shape else "text",
        output_object=shape,
        instruction_parts=parts,
    )


def settings(question: Question) -> ModelSettings:
    told = ModelSettings()
    if question.most is not None:
        told["max_tokens"] = question.most
    if question.tools:
        told["parallel_tool_calls"] = True
    return told


def parts(told: Sequence[ModelResponsePart], provider: str) -> Iterator[Part]:
    """Ours, of one answer. What we have no word for (files, the provider's tools) is not kept.
    Raises Garbled for a call whose names are too long to be any."""
    ids: set[str] = set()
    for one in told:
        if isinstance(one, theirs.TextPart):
            yield from _mark(one.provider_details, f"{provider}/text")
            if one.content:
                yield Text(whole(one.content))
        elif isinstance(one, theirs.ThinkingPart):
            whose = f"{provider}/id/{one.id}" if one.id else provider
            yield Thought(whole(one.content), one.signature or "", whose)
        elif isinstance(one, theirs.ToolCallPart):
            if max(len(one.tool_name), len(one.tool_call_id)) > NAME:
                raise Garbled(f"it calls a tool by a name of more than {NAME} characters")
            id = _unused(whole(one.tool_call_id), ids)
            yield from _mark(one.provider_details, f"{provider}/call/{id}")
            yield Call(id, whole(one.tool_name), whole(written(one.args)))


def whole(text: str) -> str:
    """A text that can be written down. Halves of a character may come in two pieces and fit
    together; half of one, and the character 0 that databases do not take, are shown as such."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


def _unused(id: str, ids: set[str]) -> str:
    """Some servers give the same id twice; results must find their call."""
    name, number = id, 2
    while name in ids:
        name, number = f"{id}-{number}", number + 1
    ids.add(name)
    return name


def written(arguments: object) -> str:
    """The arguments of a call as a text, which may be no JSON at all."""
    if isinstance(arguments, str):
        return arguments or "{}"
    return json.dumps(arguments or {}, ensure_ascii=False)


def usage(told: RequestUsage) -> Usage:
    """Nothing negative, and no part larger than its whole: a provider may say anything."""
    input, output = max(0, told.input_tokens), max(0, told.output_tokens)
    thought = told.output_reasoning_tokens or told.details.get("reasoning_tokens", 0)
    cached = min(max(0, told.cache_read_tokens), input)
    return Usage(
        input=input,
        output=output,
        cached=cached,
        written=min(max(0, told.cache_write_tokens), input - cached),
        reasoning=min(max(0, thought), output),
    )


def _mark(details: dict[str, object] | None, whose: str) -> Iterator[Thought]:
    if details:
        yield Thought("", json.dumps(details), whose)


def _message(message: Message, provider: str) -> ModelMessage:
    if message.by is Speaker.PERSON:
        return theirs.ModelRequest(parts=[theirs.UserPromptPart(content=message.text or " ")])
    if message.by is Speaker.AGENT:
        return theirs.ModelResponse(
            parts=list(_spoken(message.parts, provider)), provider_name=provider
        )
    return theirs.ModelRequest(
        parts=[_result(part) for part in message.parts if isinstance(part, Result)]
    )


def _result(part: Result) -> theirs.ToolReturnPart:
    return theirs.ToolReturnPart(
        tool_name=part.tool,
        content=part.text,
        tool_call_id=part.call,
        outcome="failed" if part.failed else "success",
    )


def _spoken(told: Sequence[Part], provider: str) -> Iterator[ModelResponsePart]:
    marks: dict[str, dict[str, object]] = {}
    for part in told:
        if isinstance(part, Thought):
            whose, kind, id = _whose(part.provider)
            if whose != provider:
                continue
            if kind in ("call", "text"):
                marks[f"{kind}/{id}"] = json.loads(part.signature)
                continue
            yield theirs.ThinkingPart(
                content=part.text,
                id=id or None,
                signature=part.signature or None,
                provider_name=provider,
            )
        elif isinstance(part, Text) and part.text:
            mark = marks.pop("text/", None)
            yield theirs.TextPart(
                part.text, provider_details=mark, provider_name=_name(mark, provider)
            )
        elif isinstance(part, Call):
            mark = marks.pop(f"call/{part.id}", None)
            yield theirs.ToolCallPart(
                tool_name=part.tool,
                args=part.arguments,
                tool_call_id=part.id,
                provider_details=mark,
                provider_name=_name(mark, provider),
            )


def _whose(provider: str) -> tuple[str, str, str]:
    whose, _, rest = provider.partition("/")
    kind, _, name = rest.partition("/")
    return whose, kind, name


def _name(mark: object, provider: str) -> str | None:
    return provider if mark else None

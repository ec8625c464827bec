"""One question to one model of the library, heard piece by piece, within bounds."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic_ai import messages as theirs
from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import ModelResponseStreamEvent
from pydantic_ai.models import Model, StreamedResponse
from pydantic_ai.settings import ModelSettings

from dihedral.domain.conversation import Call, Message, Part, Speaker, Text
from dihedral.domain.model import Endpoint, Usage
from dihedral.kit.log import Secret
from dihedral.model.work.providers import speech, troubles
from dihedral.model.work.providers.faults import Down, Garbled
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Question

LONGEST = 1_000_000  # characters of one answer: its text, thoughts and arguments
PIECES = 200_000
CALLS = 64

ENDED = "finish_reason"  # where the library keeps why an answer ended, in the provider's word
CUT = f"\n\n[the answer was cut here: it was longer than {LONGEST:,} characters]"


@dataclass(frozen=True, slots=True)
class Voice:
    """A model of the library for one endpoint. `strict` is of its tools."""

    model: Model
    settings: ModelSettings = field(default_factory=ModelSettings)
    strict: bool | None = None


async def ask(
    voice: Voice,
    endpoint: Endpoint,
    secret: Secret | None,
    question: Question,
    heard: Heard | None,
) -> Answer:
    """Raises Busy, Down, Refused, Garbled."""
    listening = _Listening(heard or (lambda delta: None))
    try:
        async with asyncio.timeout(question.timeout) as limit:
            return await _ask(voice, question, listening)
    except TimeoutError:
        if limit.expired():
            said = f"{endpoint.upstream} was not done after {question.timeout:g} s"
            raise Down(said) from None
        raise Down(f"{endpoint.upstream} does not answer in time") from None
    except Exception as cause:  # noqa: BLE001  whatever the library stumbles over, it was sent
        raise troubles.fault(cause, endpoint, secret) from None


async def _ask(voice: Voice, question: Question, listening: "_Listening") -> Answer:
    name = voice.model.system
    async with model_request_stream(
        voice.model,
        speech.history(question.messages, name),
        model_settings={**voice.settings, **speech.settings(question)},
        model_request_parameters=speech.wishes(question, voice.strict),
        instrument=False,
    ) as stream:
        async for event in stream:
            listening.hear(event)
            if listening.size > LONGEST:
                await stream.cancel()
                break
        return _answer(stream, name, listening)


def _answer(stream: StreamedResponse, name: str, listening: "_Listening") -> Answer:
    response = stream.get()
    told = list(speech.parts(response.parts, name))
    if listening.size > LONGEST:  # what it used is told at the end, which nobody waited for
        told, finish, used = _shortened(told), "length", Usage()
    else:
        finish, used = _finish(response, told), speech.usage(stream.usage)
    return Answer(
        message=Message(Speaker.AGENT, tuple(told)),
        usage=used,
        finish=finish,
        upstream=troubles.clean(response.model_name or "", None),
        first=listening.first,
        seconds=time.perf_counter() - listening.begun,
    )


def _finish(response: theirs.ModelResponse, told: Sequence[Part]) -> str:
    """Why it ended. Raises Down where it does not say so, Garbled where there is no answer."""
    who = troubles.clean(response.model_name or "it", None)
    if response.finish_reason == "error":
        raise Garbled(f"{who} says that its own answer is broken")
    if not response.finish_reason and not (response.provider_details or {}).get(ENDED):
        raise Down(f"{who} stopped in the middle of its answer")
    finish = speech.FINISH.get(response.finish_reason or "stop", "stop")
    if not told and finish != "filter":
        raise Garbled(f"{who} said nothing")
    if finish in ("stop", "tools"):
        return "tools" if any(isinstance(part, Call) for part in told) else "stop"
    return finish


def _shortened(told: Sequence[Part]) -> list[Part]:
    """What was said until there; a call that was being written is none."""
    left, kept = LONGEST, list[Part]()
    for part in told:
        if isinstance(part, Text):
            kept.append(Text(part.text[:left]))
            left = max(0, left - len(part.text))
    return [*kept, Text(CUT)]


@dataclass(slots=True)
class _Listening:
    heard: Heard
    begun: float = field(default_factory=time.perf_counter)
    first: float | None = None
    size: int = 0
    pieces: int = 0
    calls: int = 0

    def hear(self, event: ModelResponseStreamEvent) -> None:
        """Raises Garbled for more pieces or calls than an answer has."""
        self.pieces += 1
        if self.first is None:
            self.first = time.perf_counter() - self.begun
        if isinstance(event, theirs.PartDeltaEvent):
            self._more(event.delta)
        elif isinstance(event, theirs.PartStartEvent):
            self._start(event.part)
        if self.pieces > PIECES:
            raise Garbled(f"its answer has more than {PIECES:,} pieces")

    def _start(self, part: theirs.ModelResponsePart) -> None:
        if isinstance(part, theirs.TextPart):
            self._say("text", part.content)
        elif isinstance(part, theirs.ThinkingPart):
            self._say("thought", part.content)
        elif isinstance(part, theirs.ToolCallPart):
            self.calls += 1
            self.size += len(speech.written(part.args))
            if self.calls > CALLS:
                raise Garbled(f"it calls more than {CALLS} tools at once")
            self.size += len(part.tool_name)
            self.heard(Delta("tool", speech.whole(part.tool_name[: speech.NAME])))

    def _more(self, delta: theirs.ModelResponsePartDelta) -> None:
        if isinstance(delta, theirs.TextPartDelta):
            self._say("text", delta.content_delta)
        elif isinstance(delta, theirs.ThinkingPartDelta):
            self._say("thought", delta.content_delta or "")
        elif isinstance(delta, theirs.ToolCallPartDelta) and delta.args_delta:
            self.size += len(delta.args_delta)

    def _say(self, kind: str, text: str) -> None:
        if text:
            self.size += len(text)
            self.heard(Delta(kind, speech.whole(text)))

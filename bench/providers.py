"""CPU of a model call and of a streamed chunk in our process, ours apart from the library's.

The provider is a server of ours in another process, without think time. Each round asks through the
library's direct API alone and through our providers, with the same client and question; the
difference is ours. A chunk is what one more of a thousand costs. Aim: 0.5 ms a call, 20 µs a chunk.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

from bench import show

if TYPE_CHECKING:
    from pydantic_ai.models import Model

    from dihedral.model.work.providers.provider import Question

CALLS, CHUNKS, ROUNDS = 40, 1000, 5
SECRET = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY"


def main() -> None:
    parser = show.parser("bench.providers", __doc__)
    parser.add_argument("--serve", action="store_true", help="be the provider (internal)")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    with provider() as url:
        found = asyncio.run(measure(url, given.rounds))
    rows = [(wire, said(figures)) for wire, figures in found.items()]
    show.show(found, rows, as_json=given.json)


def said(figures: dict[str, float]) -> str:
    return (
        f"call: ours {figures['call_ours_ms']:.2f} ms of {figures['call_ms']:.2f} ms;"
        f" chunk: ours {figures['chunk_ours_us']:.1f} µs of {figures['chunk_us']:.1f} µs"
    )


def serve() -> None:
    from tests.wire.script import Asked, Say
    from tests.wire.server import playing

    def script(asked: Asked) -> Say:
        return Say(text="word " * int(asked.last.split()[-1]), size=5)

    with playing(script) as server:
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def provider() -> Iterator[str]:
    words = [sys.executable, "-m", "bench.providers", "--serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


async def measure(url: str, rounds: int) -> dict[str, dict[str, float]]:
    from dihedral.domain.model import Wire

    wires = (Wire.OPENAI, Wire.ANTHROPIC, Wire.GOOGLE, Wire.BEDROCK)
    return {wire.value: await one(wire.value, url, rounds) for wire in wires}


async def one(wire: str, url: str, rounds: int) -> dict[str, float]:
    """CPU of one wire: in all, and what is ours of it."""
    from dihedral.domain.model import Wire
    from dihedral.kit.log import Secret
    from dihedral.model.work.providers.line import Line
    from dihedral.model.work.providers.wires import _find
    from tests.wire.endpoints import endpoint

    line = Line()
    made = _find(Wire(wire))(line)
    at, secret = endpoint(Wire(wire), url), Secret(SECRET)
    voice = await made._voices.of(at, secret)

    async def ours(chunks: int) -> None:
        await made.ask(at, secret, asked(chunks), lambda delta: None)

    async def theirs(chunks: int) -> None:
        await direct(voice.model, chunks)

    try:
        call, chunk = await compare(ours, theirs, rounds)
    finally:
        await line.close()
    return {
        "call_ms": 1e3 * call[0],
        "call_ours_ms": 1e3 * (call[0] - call[1]),
        "chunk_us": 1e6 * chunk[0],
        "chunk_ours_us": 1e6 * (chunk[0] - chunk[1]),
    }


async def compare(
    ours: Callable[[int], Awaitable[None]], theirs: Callable[[int], Awaitable[None]], rounds: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds of CPU of a call with one chunk, and of one more chunk; ours and theirs by turns."""
    short: list[list[float]] = [[], []]
    long: list[list[float]] = [[], []]
    for way in (ours, theirs):
        await cpu(way, 1, 3)
    for _ in range(rounds):
        for number, way in enumerate((ours, theirs)):
            short[number].append(await cpu(way, 1, CALLS))
            long[number].append(await cpu(way, CHUNKS, max(2, CALLS // 10)))
    calls = [median(times) for times in short]
    chunks = [(median(long[n]) - calls[n]) / (CHUNKS - 1) for n in (0, 1)]
    return (calls[0], calls[1]), (chunks[0], chunks[1])


async def cpu(way: Callable[[int], Awaitable[None]], chunks: int, calls: int) -> float:
    begun = process_time()
    for _ in range(calls):
        await way(chunks)
    return (process_time() - begun) / calls


def asked(chunks: int) -> "Question":
    from tests.wire.endpoints import WEATHER, person, question

    return question(person(f"say words {chunks}"), tools=(WEATHER,))


async def direct(model: "Model", chunks: int) -> None:
    """What our providers do, by the library alone."""
    from pydantic_ai.direct import model_request_stream

    from dihedral.model.work.providers import speech

    told = asked(chunks)
    history = [speech._message(message, model.system) for message in told.messages]
    async with model_request_stream(
        model,
        history,
        model_settings=speech.settings(told),
        model_request_parameters=speech.wishes(told, False),
        instrument=False,
    ) as stream:
        async for _ in stream:
            pass
        stream.get()


if __name__ == "__main__":
    main()

"""Small models of our own: a GGUF file, served on loopback by a process that we start.

The endpoint's address is the path of the file. It is served from when it is first asked until we
close, once for all who ask; an answer is held to its schema by a grammar. Nobody else on the
machine can ask it, for want of a key.
"""

import asyncio
import json
import os
import secrets
import sys
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from dihedral.domain.model import Endpoint, Wire
from dihedral.kit.log import Secret
from dihedral.model.work.providers.faults import Down, Refused
from dihedral.model.work.providers.line import Line
from dihedral.model.work.providers.openai import OpenAI
from dihedral.model.work.providers.provider import Answer, Heard, Question

if find_spec("xllamacpp") is None:  # only the process that serves imports it
    raise ModuleNotFoundError("there is no xllamacpp", name="xllamacpp")

PARALLEL = 4  # answers at once, at most: each has a context of its own in memory
STARTING = 120.0  # seconds in which a file must be ready
MAGIC = b"GGUF"


@dataclass(slots=True)
class _Served:
    process: asyncio.subprocess.Process
    url: str
    key: Secret


@dataclass(slots=True)
class _File:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    served: _Served | None = None


class Local:
    def __init__(self, line: Line) -> None:
        self._openai = OpenAI(line)
        self._files: dict[tuple[str, int, int], _File] = {}

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        served = await self._serve(endpoint)
        there = replace(endpoint, wire=Wire.OPENAI, url=f"{served.url}/v1")
        return await self._openai.ask(there, served.key, question, heard)

    async def _serve(self, endpoint: Endpoint) -> _Served:
        parallel = max(1, min(endpoint.concurrency, PARALLEL))
        key = (endpoint.url, endpoint.context, parallel)
        file = self._files.setdefault(key, _File())
        async with file.lock:
            if file.served is None or file.served.process.returncode is not None:
                file.served = await _start(endpoint, parallel)
            return file.served

    async def close(self) -> None:
        for file in self._files.values():
            if file.served is not None:
                await _stop(file.served.process)
        self._files.clear()


async def _start(endpoint: Endpoint, parallel: int) -> _Served:
    """Raises Refused for what is no such file, Down where it does not get ready."""
    path = _checked(Path(endpoint.url))
    key = secrets.token_urlsafe(24)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "dihedral.model.work.providers.localserver"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath},
    )
    told = {
        "path": str(path),
        "alias": endpoint.upstream,
        "key": key,
        "context": endpoint.context,
        "parallel": parallel,
    }
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(told).encode() + b"\n")
        async with asyncio.timeout(STARTING):
            line = await process.stdout.readline()
        return _Served(process, json.loads(line)["url"], Secret(key))
    except (TimeoutError, ValueError, KeyError, ConnectionError):
        await _stop(process)
        said = f"the model in {path.name} did not get ready; is it a whole file?"
        raise Down(said, spent=False) from None
    except BaseException:
        await asyncio.shield(_stop(process))
        raise


def _checked(path: Path) -> Path:
    if not path.is_absolute():
        raise Refused("the address of a local model is the whole path of its GGUF file")
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                return path
    except OSError as cause:
        raise Refused(f"there is no model at {path}: {cause.strerror}") from None
    raise Refused(f"what is at {path} is no GGUF file")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """It ends with its input; if not at once, it is ended."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(3):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()

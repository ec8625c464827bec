"""Whether a server can do its work now: what it needs is well, or it is said what is not.

Anybody may ask, so nothing is said that a stranger may not know, and it is looked for anew at most
once a second; the canary, which takes a process, at most once a minute.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio.to_thread

from dihedral.kit import migrate, queue
from dihedral.kit.blob import Sealed
from dihedral.kit.db import Unavailable
from dihedral.ops.work import audit, rego
from dihedral.ops.work.plane import Ops

FRESH, FRESH_CANARY = timedelta(seconds=1), timedelta(minutes=1)
SCHEMA = "dihedral.schema"


@dataclass(frozen=True, slots=True)
class Check:
    """`wrong` is empty where all is well."""

    name: str
    wrong: str = ""


class Readiness:
    """`silence` is how long a worker may not be heard of before it counts as none."""

    def __init__(self, ops: Ops, silence: timedelta) -> None:
        self._ops = ops
        self._silence = silence
        self._alone = asyncio.Lock()
        self._seen: tuple[datetime, tuple[Check, ...]] | None = None
        self._sang: tuple[datetime, str] | None = None

    async def look(self) -> tuple[Check, ...]:
        async with self._alone:
            now = self._ops.now()
            if self._seen is None or not now - self._seen[0] < FRESH:
                self._seen = now, tuple([check async for check in self._checks()])
            return self._seen[1]

    async def _checks(self) -> AsyncIterator[Check]:
        """What cannot be known while something else is not well is not looked at."""
        yield Check("policies", await self._canary())
        schema = await self._schema()
        yield schema
        if not schema.wrong:
            yield Check("key", await self._key())
            yield Check("worker", await self._worker())

    async def _canary(self) -> str:
        now, policies = self._ops.now(), self._ops.policies
        if self._sang is None or not now - self._sang[0] < FRESH_CANARY:
            why = await anyio.to_thread.run_sync(rego.checked, policies.engine, policies.limits)
            self._sang = now, "the engine does not do what it must" if why else ""
        return self._sang[1]

    async def _schema(self) -> Check:
        try:
            async with self._ops.db.tx() as tx:
                missing = await migrate.missing(tx, SCHEMA)
        except Unavailable:
            return Check("database", "it does not answer")
        return Check("database", f"it lacks {len(missing)} migrations" if missing else "")

    async def _key(self) -> str:
        try:
            broken = await audit.head_broken(self._ops)
        except Unavailable:
            return "the database went away"
        except Sealed:
            broken = "it opens nothing"
        return "what the database holds was not sealed with it" if broken else ""

    async def _worker(self) -> str:
        try:
            async with self._ops.db.tx() as tx:
                heard = await queue.heard(tx, self._silence)
        except Unavailable:
            return "the database went away"
        return "" if heard else f"none was heard of for {self._silence.total_seconds():g} s"

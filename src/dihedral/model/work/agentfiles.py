"""The verbs of agents' files: applied, looked at, an older version taken again.

Agents that come with the program are in every organization without being applied: a version of such
a file is kept when it is first needed, also after the program was brought up to date, unless
somebody applied another file of that name.
"""

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from importlib.resources import files as package_files

from dihedral.domain.actor import SYSTEM, Actor
from dihedral.domain.agent import Agent
from dihedral.domain.agentspec import AgentSpec, Prompt
from dihedral.domain.audit import Act, act
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.ids import ActorId, Digest, OrganizationId
from dihedral.domain.right import Role, Where
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, Tx
from dihedral.model.rules import agentfile
from dihedral.model.rules.agentfile import AgentFile
from dihedral.model.store import specs
from dihedral.model.store.specs import Taken, Version

MOST = 20  # agents that are applied at once
YAML = (".yaml", ".yml")
_KEPT = 256  # files that are held as they were read
Hire = Callable[
    [Tx, Actor, Agent, Sequence[tuple[Role, Where]] | None],
    Awaitable[None],
]
"""Makes the agent an actor that may what its file says. Raises Forbidden, NotFound, Invalid."""


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    AGAIN = "again"  # an older version holds again


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """`version` is what it would be, where nothing was kept yet; `difference` is for people."""

    name: str
    outcome: Outcome
    version: int
    digest: Digest
    difference: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A version and what its file says."""

    version: Version
    file: AgentFile


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFiles:
    """What the verbs need from outside. `note` keeps an act in the audit log, in the transaction
    that does it. `tools` are those that there are; with none, their names are not looked at."""

    db: Db
    keyring: Keyring
    now: Callable[[], datetime]
    note: Callable[[Tx, Act], None]
    hire: Hire
    shipped: Mapping[str, AgentFile]
    tools: frozenset[str] = frozenset()
    _read: dict[str, AgentFile] = field(default_factory=dict)

    async def current(self, organization: OrganizationId, name: str) -> AgentSpec:
        """Raises NotFound."""
        async with self.db.tx() as tx:
            return _spec(await self._current(tx, organization, name))

    async def version(self, organization: OrganizationId, name: str, number: int) -> AgentSpec:
        """Raises NotFound."""
        async with self.db.tx() as tx:
            found = await specs.version(tx, organization, name, number)
            return _spec(await self._held(tx, found))

    async def see(
        self, organization: OrganizationId, name: str, number: int | None = None
    ) -> tuple[Held, list[Taken]]:
        """A version, or the one that holds, and which held until now. Raises NotFound."""
        async with self.db.tx() as tx:
            held = await self._current(tx, organization, name)
            if number is not None:
                found = await specs.version(tx, organization, name, number)
                held = await self._held(tx, found)
            return held, await specs.history(tx, organization, name)

    async def apply(
        self, actor: Actor, texts: Mapping[str, str], *, dry: bool = False
    ) -> list[Applied]:
        """Every YAML file of `texts`, all or none; the others are what these name. With `dry` it
        is only said what would be. Raises Invalid, naming line and column, Forbidden, NotFound."""
        found = self._parsed(texts)
        done: list[Applied] = []
        try:
            async with self.db.tx() as tx:
                for file in found:
                    done.append(await self._applied(tx, actor, file))
                if dry:
                    raise _Dry
        except _Dry:
            pass
        return done

    async def take(self, actor: Actor, name: str, number: int) -> Applied:
        """An older version again. Raises NotFound, Forbidden, Conflict (it holds already)."""
        async with self.db.tx() as tx:
            now = await self._current(tx, actor.organization, name)
            found = await specs.version(tx, actor.organization, name, number)
            if found.version == now.version.version:
                raise Conflict(f"version {number} of {name} holds already")
            return await self._applied(tx, actor, (await self._held(tx, found)).file)

    def _parsed(self, texts: Mapping[str, str]) -> list[AgentFile]:
        whole = sorted(path for path in texts if path.endswith(YAML))
        if not 1 <= len(whole) <= MOST:
            raise Invalid(f"from 1 to {MOST} YAML files are applied at once, not {len(whole)}")
        beside = {path: text for path, text in texts.items() if not path.endswith(YAML)}
        found: dict[str, AgentFile] = {}
        for path in whole:
            file = agentfile.read(texts[path], beside, path)
            if file.name in found:
                raise Invalid(f"{path}: another file is of agent {file.name}, too")
            _demand_tools(file, self.tools, path)
            found[file.name] = file
        return list(found.values())

    async def _applied(self, tx: Tx, actor: Actor, file: AgentFile) -> Applied:
        name, organization = file.name, actor.organization
        await specs.hold(tx, organization, name)
        was = await self._maybe(tx, organization, name)
        content = agentfile.packed(file)
        digest = agentfile.digest(content)
        await self.hire(tx, actor, _agent(file, organization, self.now()), self._grants(file))
        kept = await specs.by_digest(tx, organization, name, digest)
        if was and kept and was.version.version == kept.version:
            return _said(Outcome.UNCHANGED, kept, was.file, file)
        outcome = Outcome.AGAIN if kept else Outcome.CHANGED if was else Outcome.NEW
        kept = kept or await self._add(tx, organization, file, actor.id)
        await specs.take(tx, kept, actor.id, self.now())
        told = f"version {kept.version}, {digest}"
        self.note(tx, act(self.now(), actor, "agent.apply", f"agent:{name}", reason=told))
        return _said(outcome, kept, was.file if was else None, file)

    def _grants(self, file: AgentFile) -> Sequence[tuple[Role, Where]] | None:
        if file.grants is None and file.name in self.shipped:
            return ((Role.PROPOSER, Where()),)
        return file.grants

    async def _current(self, tx: Tx, organization: OrganizationId, name: str) -> Held:
        """Raises NotFound."""
        found = await self._maybe(tx, organization, name)
        if found is None:
            raise NotFound("agent's file", name)
        return found

    async def _maybe(self, tx: Tx, organization: OrganizationId, name: str) -> Held | None:
        kept = await specs.current(tx, organization, name)
        ours = self.shipped.get(name)
        if ours is None or (kept and (not kept.shipped or kept.digest == _digest(ours))):
            return None if kept is None else await self._held(tx, kept)
        await specs.hold(tx, organization, name)
        digest = _digest(ours)
        made = await specs.by_digest(tx, organization, name, digest)
        made = made or await self._add(tx, organization, ours, SYSTEM.id, shipped=True)
        now = await specs.current(tx, organization, name)
        if now is None or now.version != made.version:
            await specs.take(tx, made, SYSTEM.id, self.now())
        return Held(made, ours)

    async def _add(
        self,
        tx: Tx,
        organization: OrganizationId,
        file: AgentFile,
        by: ActorId,
        *,
        shipped: bool = False,
    ) -> Version:
        content = agentfile.packed(file)
        made = Version(
            organization=organization,
            name=file.name,
            version=0,
            digest=agentfile.digest(content),
            shipped=shipped,
            applied_by=by,
            applied_at=self.now(),
        )
        return replace(made, version=await specs.add(tx, self.keyring, made, content))

    async def _held(self, tx: Tx, version: Version) -> Held:
        file = self._read.get(version.digest)
        if file is None:
            file = agentfile.unpacked(await specs.content(tx, self.keyring, version.digest))
            if len(self._read) >= _KEPT:
                self._read.clear()
            self._read[version.digest] = file
        return Held(version, file)


class _Dry(Exception):
    """Nothing is kept."""


def shipped() -> Mapping[str, AgentFile]:
    """The agents that come with the program, by name."""
    texts = {
        one.name: one.read_text("utf-8")
        for one in package_files("dihedral.agents").iterdir()
        if one.name.endswith((*YAML, ".md"))
    }
    found = [agentfile.read(texts[path], texts, path) for path in texts if path.endswith(YAML)]
    return {file.name: file for file in found}


def _digest(file: AgentFile) -> Digest:
    return agentfile.digest(agentfile.packed(file))


def _demand_tools(file: AgentFile, known: frozenset[str], path: str) -> None:
    for name in file.tools if known else ():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            raise Invalid(f"{path}: there is no tool {name!r}; {meant}")


def _agent(file: AgentFile, organization: OrganizationId, now: datetime) -> Agent:
    return Agent(
        organization=organization,
        name=file.name,
        owner=ActorId(file.owner),
        purpose=file.purpose,
        tools=file.tools,
        limits=file.limits,
        created_at=now,
    )


def _said(outcome: Outcome, kept: Version, was: AgentFile | None, now: AgentFile) -> Applied:
    before = agentfile.show(was).splitlines() if was else []
    after = agentfile.show(now).splitlines()
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:] if was != now else []
    return Applied(
        name=kept.name,
        outcome=outcome,
        version=kept.version,
        digest=kept.digest,
        difference=tuple(lines),
    )


def _spec(held: Held) -> AgentSpec:
    file, version = held.file, held.version
    return AgentSpec(
        organization=version.organization,
        name=version.name,
        version=version.version,
        digest=version.digest,
        purpose=file.purpose,
        prompt=_prompt("prompt", file.prompt),
        needs=file.needs,
        tools=file.tools,
        delegates=file.delegates,
        knowledge=tuple(_prompt(name, text) for name, text in file.knowledge),
        limits=file.turn,
        applied_by=version.applied_by,
        applied_at=version.applied_at,
    )


def _prompt(name: str, text: str) -> Prompt:
    return Prompt(name, text, agentfile.digest(text.encode()))

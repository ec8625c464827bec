"""The verbs of agents' files: applied, looked at, an older version taken again.

Agents that come with the program are in every organization without being applied: a version of such
a file is kept when it is first needed, and again after the program was brought up to date. Whoever
applies or takes anything but the program's own file of now ends that; whoever takes that, begins it
again.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from dihedral.domain.actor import SYSTEM, Actor
from dihedral.domain.agent import Agent
from dihedral.domain.agentspec import AgentSpec
from dihedral.domain.audit import Act, act
from dihedral.domain.errors import Conflict, Hidden, Invalid, NotFound
from dihedral.domain.ids import ActorId, OrganizationId
from dihedral.domain.right import Action, Place, Role, Where
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, Tx
from dihedral.model.rules import agentfile
from dihedral.model.rules.agentfile import AgentFile
from dihedral.model.store import specs
from dihedral.model.store.specs import Taken, Version
from dihedral.model.work import agentforms, agenttexts
from dihedral.model.work.agentforms import Applied, Held, Outcome

_KEPT = 256  # files that are held as they were read
Given = Sequence[tuple[Role, Where]]
Hire = Callable[[Tx, Actor, Agent, Given | None, Given], Awaitable[str]]
"""Makes the agent an actor that may what its file says, and what the last says where the file says
nothing and the agent is new; what that is, in a line, where it was otherwise. Raises Forbidden,
NotFound, Invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFiles:
    """What the verbs need from outside. `demand` raises Forbidden where the actor may not do that;
    `note` keeps an act in the audit log, in the transaction that does it. `tools` are those that
    there are; with none, their names are not looked at. `renew` changes the actor of an agent that
    ships from what an earlier file said to what this one says, unless somebody changed it since."""

    db: Db
    keyring: Keyring
    now: Callable[[], datetime]
    demand: Callable[[Actor, Action, Place], None]
    note: Callable[[Tx, Act], None]
    hire: Hire
    renew: Callable[[Tx, Agent, Agent], Awaitable[None]]
    shipped: Mapping[str, AgentFile]
    tools: frozenset[str] = frozenset()
    _read: dict[str, AgentFile] = field(default_factory=dict)

    async def current(self, organization: OrganizationId, name: str) -> AgentSpec:
        """Raises NotFound."""
        async with self.db.tx() as tx:
            return agentforms.spec(await self._current(tx, organization, name))

    async def version(self, organization: OrganizationId, name: str, number: int) -> AgentSpec:
        """Raises NotFound."""
        async with self.db.tx() as tx:
            found = await specs.version(tx, organization, name, number)
            return agentforms.spec(await self._held(tx, found))

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

    async def standing(
        self, organization: OrganizationId, names: Sequence[str]
    ) -> Mapping[str, Held]:
        """What holds of each that has a file."""
        async with self.db.tx() as tx:
            kept = await specs.current(tx, organization, names)
            found = {
                name: await self._settled(tx, organization, name, kept.get(name)) for name in names
            }
        return {name: held for name, held in found.items() if held}

    async def settle(self, actor: Actor, name: str) -> None:
        """Makes the actor of an agent that ships, before it ever worked. Raises Forbidden."""
        self.demand(actor, Action.AGENT_SET, Place(actor.organization))
        async with self.db.tx() as tx:
            held = await self._current(tx, actor.organization, name)
            await self._hire(tx, actor, held.file)

    async def apply(
        self, actor: Actor, texts: Mapping[str, str], *, dry: bool = False
    ) -> list[Applied]:
        """Every YAML file of `texts`, all or none; the others are what these name. With `dry` it
        is only said what would be. Raises Forbidden, and Invalid, naming line and column."""
        self.demand(actor, Action.AGENT_SET, Place(actor.organization))
        found = agenttexts.parsed(texts, self.tools)
        done: list[Applied] = []
        try:
            async with self.db.tx() as tx:
                for path, file in sorted(found.items(), key=lambda one: one[1].name):
                    with _naming(path):
                        done.append(await self._applied(tx, actor, file))
                for path, file in found.items():
                    with _naming(path):
                        await self._demand_delegates(tx, actor.organization, file)
                if dry:
                    raise _Dry
        except _Dry:
            pass
        return done

    async def take(self, actor: Actor, name: str, number: int) -> Applied:
        """An older version again. Raises NotFound, Forbidden, Conflict (it holds already), Invalid
        (it names what is not there any more)."""
        self.demand(actor, Action.AGENT_SET, Place(actor.organization))
        async with self.db.tx() as tx:
            await self._current(tx, actor.organization, name)
            found = await specs.version(tx, actor.organization, name, number)
            file = (await self._held(tx, found)).file
            with _naming(f"version {number} of {name}"):
                done = await self._applied(tx, actor, file)
                await self._demand_delegates(tx, actor.organization, file)
            if done.outcome is Outcome.UNCHANGED:
                raise Conflict(f"version {number} of {name} holds already")
            return done

    async def _applied(self, tx: Tx, actor: Actor, file: AgentFile) -> Applied:
        name, organization = file.name, actor.organization
        await specs.hold(tx, organization, name)
        was = await self._maybe(tx, organization, name)
        digest = agentforms.digest(file)
        granted = await self._hire(tx, actor, file)
        kept = await specs.by_digest(tx, organization, name, digest)
        if was and kept and was.version.version == kept.version:
            return agentforms.said(Outcome.UNCHANGED, kept, was.file, file, granted)
        outcome = Outcome.AGAIN if kept else Outcome.UPDATED if was else Outcome.CREATED
        kept = kept or await self._add(tx, organization, file, actor.id)
        await specs.take(tx, Taken(kept, actor.id, self.now(), self._ours(file)))
        told = f"version {kept.version}, {digest}"
        self.note(tx, act(self.now(), actor, "agent.apply", f"agent:{name}", reason=told))
        return agentforms.said(outcome, kept, was.file if was else None, file, granted)

    async def _demand_delegates(
        self, tx: Tx, organization: OrganizationId, file: AgentFile
    ) -> None:
        """Raises Invalid."""
        for name in file.delegates:
            if await self._maybe(tx, organization, name) is None:
                raise Invalid(
                    f"spec.delegates names {name!r}, and no agent of that name has a file;"
                    " apply one with this one"
                )

    async def _hire(self, tx: Tx, actor: Actor, file: AgentFile) -> str:
        made = agentforms.actor(file, actor.organization, self.now())
        first = ((Role.PROPOSER, Where()),) if file.name in self.shipped else ()
        return await self.hire(tx, actor, made, file.grants, first)

    def _ours(self, file: AgentFile) -> bool:
        """Whether the program ships just that."""
        ours = self.shipped.get(file.name)
        return ours is not None and agentforms.digest(ours) == agentforms.digest(file)

    async def _current(self, tx: Tx, organization: OrganizationId, name: str) -> Held:
        """Raises NotFound."""
        found = await self._maybe(tx, organization, name)
        if found is None:
            raise NotFound("agent's file", name)
        return found

    async def _maybe(self, tx: Tx, organization: OrganizationId, name: str) -> Held | None:
        kept = await specs.current(tx, organization, [name])
        return await self._settled(tx, organization, name, kept.get(name))

    async def _settled(
        self, tx: Tx, organization: OrganizationId, name: str, taken: Taken | None
    ) -> Held | None:
        """What was taken last, or where the program has something newer, that."""
        ours = self.shipped.get(name)
        if taken and not (
            taken.follows and ours and agentforms.digest(ours) != taken.version.digest
        ):
            return await self._held(tx, taken.version)
        if ours is None:
            return None
        await specs.hold(tx, organization, name)
        made = await specs.by_digest(tx, organization, name, agentforms.digest(ours))
        made = made or await self._add(tx, organization, ours, SYSTEM.id, shipped=True)
        now = (await specs.current(tx, organization, [name])).get(name)
        if now is None or now.version.version != made.version:
            await specs.take(tx, Taken(made, SYSTEM.id, self.now(), follows=True))
            if now:
                was = (await self._held(tx, now.version)).file
                two = (agentforms.actor(file, organization, self.now()) for file in (was, ours))
                await self.renew(tx, *two)
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


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Faults of the words of a file say of which."""
    try:
        yield
    except Hidden:
        raise
    except (NotFound, Invalid) as cause:
        raise Invalid(f"{what}: {cause}") from cause

"""One provider as one connection sees it: what each request means, on plain values.

The engine holds how the connection was configured, and nothing else that changes; what exists lies
in the world, which it shares with the other connections of its opening.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from dihedral.simulator import change, cty, plan
from dihedral.simulator.cty import UNKNOWN, Object, Value, unknown
from dihedral.simulator.dialect import Dialect, Question, Refused
from dihedral.simulator.fill import filled
from dihedral.simulator.plan import Kind
from dihedral.simulator.schema import type_of_block
from dihedral.simulator.seed import Maker, Seed
from dihedral.simulator.store import Store
from dihedral.simulator.weather import Trouble, Weather, fatal
from dihedral.simulator.world import World, name_of

TRIES = 8  # ids that are tried before one that was used already is used again


@dataclass(frozen=True, slots=True)
class Planned:
    value: Object | None
    replaced: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    value: Object | None
    troubles: list[Trouble] = field(default_factory=list)


class Engine:
    def __init__(self, store: Store, weather: Weather, dialect: Dialect) -> None:
        self.store = store
        self._weather = weather
        self._dialect = dialect
        self._setting = dialect.configure({}, weather.scenario)

    @property
    def _world(self) -> World:
        return self._weather.world

    def kind(self, name: str, mode: str = "resource") -> Kind:
        """Raises LookupError for a type that the provider does not have."""
        block = self.store.schema(mode, name).block
        if mode != "resource":
            return Kind(name, block, mode=mode)
        facts = self.store.facts(name)
        forced = [n for n in self._dialect.force_new if n in block.attributes]
        return Kind(name, block, msgspec.structs.replace(facts, force_new=facts.force_new + forced))

    def configure(self, config: Object | None) -> list[Trouble]:
        self._setting = self._dialect.configure(config or {}, self._weather.scenario)
        return self._weather.strike("configure", "provider", config)

    def validate(self, mode: str, name: str, config: Object | None) -> list[Trouble]:
        return self._dialect.check(self.kind(name, mode), config or {})

    def upgrade(self, name: str, state: Value) -> Object:
        """A state written by any version of the provider, made to fit this schema."""
        fit: Object = cty.conform(state, type_of_block(self.kind(name).block))
        return fit

    def plan(
        self, name: str, prior: Object | None, proposed: Object | None, config: Object | None
    ) -> Planned:
        kind = self.kind(name)
        if proposed is None:
            return Planned(None, troubles=self._weather.strike("plan", name, prior))
        written = config or {}
        if prior is None:
            value = self._customised(kind, plan.created(kind, written), None, written)
            return Planned(value, [], self._weather.strike("plan", name, value), kind.legacy)
        value = plan.updated(kind, prior, proposed, written)
        value = self._customised(kind, value, prior, written)
        names = change.changed(kind, prior, value)
        troubles = self._weather.strike("plan", name, value)
        if not names:
            return Planned(prior, [], troubles, kind.legacy)
        replaced = change.replaced(kind, prior, value, names)
        return Planned(self._stirred(kind, value, written, names), replaced, troubles, kind.legacy)

    def _customised(
        self, kind: Kind, planned: Object, prior: Object | None, config: Object
    ) -> Object:
        return self._dialect.customise(kind, planned, prior, (config, self._setting))

    def _stirred(self, kind: Kind, planned: Object, config: Object, names: list[str]) -> Object:
        """A change to one attribute makes others be computed again."""
        again = self._dialect.recomputed.get(kind.name, ())
        out = {n: UNKNOWN if n in again and n not in names else v for n, v in planned.items()}
        keep = frozenset(["tags_all", "region"])
        return out if kind.legacy else change.restless(kind, out, config, keep)

    def apply(self, name: str, prior: Object | None, planned: Object | None) -> Result:
        kind = self.kind(name)
        if planned is None:
            return self._destroy(name, prior)
        troubles = self._weather.strike("apply", name, planned)
        if prior is None:
            troubles += self._weather.over_quota(name)
        if fatal(troubles):
            return Result(prior, troubles)  # no object after a failed create: nothing to taint
        try:
            made = self._made(kind, prior, planned)
        except Refused as cause:
            return Result(prior, [*troubles, Trouble(str(cause))])
        self._world.keep(name, made)
        return Result(made, troubles)

    def _destroy(self, name: str, prior: Object | None) -> Result:
        troubles = self._weather.strike("destroy", name, prior)
        if fatal(troubles):
            return Result(prior, troubles)
        self._world.forget(name, prior)
        return Result(None, troubles)

    def _made(self, kind: Kind, prior: Object | None, planned: Object) -> Object:
        """The object that the cloud answers. Twins of one configuration get different ids, but
        in an order that Terraform's parallelism decides: it never tells a resource's address."""
        if prior is not None:
            return self._filled(kind, planned, self._maker(kind, {**planned, "id": name_of(prior)}))
        made: Object = {}
        for _ in range(TRIES):
            twin = self._world.count(self._maker(kind, planned).seed.hex(32))
            made = self._filled(kind, planned, self._maker(kind, planned, twin))
            if not self._world.used(kind.name, name_of(made)):
                break
        return made

    def _maker(self, kind: Kind, thing: Mapping[str, Value], twin: int = 0) -> Maker:
        known = {n: v for n, v in thing.items() if not cty.unsure(v)}
        said = msgspec.json.encode(
            [kind.mode, kind.name, self._setting.account, known, twin],
            order="sorted",
            enc_hook=repr,
        )
        region = thing.get("region")
        return Maker(
            Seed(hashlib.sha256(said).digest()),
            kind.name,
            region if isinstance(region, str) else self._setting.region,
            self._setting.account,
        )

    def _filled(self, kind: Kind, planned: Object, maker: Maker) -> Object:
        behave = self._dialect.behaviour.get(kind.name)
        if behave:
            try:
                made = behave(kind.mode, planned, maker.seed.digest)
            except ValueError as cause:
                raise Refused(str(cause)) from cause
            planned = {n: made.get(n, v) if cty.unsure(v) else v for n, v in planned.items()}
        planned = self._dialect.identify(kind, planned, maker, self._setting)
        return filled(kind, planned, maker, self._dialect.special)

    def read(self, name: str, current: Object | None) -> Result:
        if current is None:
            return Result(None)
        current = self._dialect.observe(self.kind(name), current, self._setting)
        seen = self._weather.drifted(name, current)
        if seen is None:
            self._world.forget(name, current)
            return Result(None)
        self._world.keep(name, seen)
        return Result(seen, self._weather.strike("read", name, seen))

    def imported(self, name: str, id_: str) -> Result:
        kind = self.kind(name)
        troubles = self._weather.strike("import", name, {"id": id_})
        known = self._world.get(name, id_)
        if known is not None or fatal(troubles):
            return Result(known, troubles)
        start = plan.blank(kind)
        for attribute in ("id", *self._dialect.imports.get(name, ())):
            if attribute in start:
                start[attribute] = id_
        if "arn" in start and id_.startswith("arn:"):
            start["arn"] = id_
        start |= {n: {} for n in ("tags", "tags_all") if n in start}
        return Result(self._filled(kind, start, self._maker(kind, {"id": id_})), troubles)

    def data(self, name: str, asked: Object | None) -> Result:
        kind, asked = self.kind(name, "data"), asked or {}
        troubles = self._weather.strike("data", name, asked)
        if fatal(troubles):
            return Result(None, troubles)
        try:
            return Result(self._answered(kind, asked), troubles)
        except Refused as cause:
            return Result(None, [*troubles, Trouble(str(cause))])

    def _answered(self, kind: Kind, asked: Object) -> Object:
        start, maker = plan.created(kind, asked), self._maker(kind, asked)
        answer = self._dialect.answer(Question(kind, asked, self._world, self._setting, maker))
        canned = self._weather.canned(kind.name, asked)
        start |= {n: v for n, v in answer.items() if n in start and _open(asked.get(n), v)}
        start |= {n: v for n, v in canned.items() if n in start}
        return self._filled(kind, start, maker)

    def opened(self, name: str, asked: Object | None) -> Object:
        """An ephemeral resource: values that live for one run."""
        kind = self.kind(name, "ephemeral")
        start = plan.created(kind, asked or {})
        maker = replace(self._maker(kind, asked or {}), kind=name)
        return self._filled(kind, start, maker)

    def call(self, name: str, arguments: list[Value]) -> Value:
        """A provider function. Raises ValueError with what to tell the user."""
        function = self._dialect.functions.get(name)
        if function is None:
            raise ValueError(f"the simulator knows the signature of {name}, not what it does")
        return function(*arguments)


def _open(written: Value, answered: Value) -> bool:
    """What the user wrote stands; blocks may be answered more fully than they were written."""
    return written is None or unknown(written) or isinstance(answered, list)

"""What one provider does in its own way: the tables and functions that an engine is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dihedral.simulator.cty import Object, Value, unknown
from dihedral.simulator.fill import Special
from dihedral.simulator.plan import Kind
from dihedral.simulator.scenario import Scenario
from dihedral.simulator.seed import Maker
from dihedral.simulator.weather import Trouble
from dihedral.simulator.world import World

Behaviour = Callable[[str, Object, bytes], Object]


class Refused(Exception):
    """What the provider refuses to answer; the text is for the user."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a provider block configured one connection."""

    region: str
    account: str
    config: Object = field(default_factory=dict)
    tags: Object = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One data source being read: its arguments, what exists, and what answers are made from."""

    kind: Kind
    asked: Object
    world: World
    setting: Setting
    maker: Maker


def _keep(kind: Kind, planned: Object, prior: Object | None, more: Any) -> Object:
    return planned


@dataclass(frozen=True, slots=True)
class Dialect:
    """`customise` adjusts a plan, `identify` names a new object before the rest is filled,
    `observe` completes what a refresh sees, `answer` answers a data source and may raise Refused,
    `check` validates what was written."""

    configure: Callable[[Object, Scenario], Setting]
    identify: Callable[[Kind, Object, Maker, Setting], Object]
    answer: Callable[[Question], Object]
    customise: Callable[[Kind, Object, Object | None, tuple[Object, Setting]], Object] = _keep
    observe: Callable[[Kind, Object, Setting], Object] = lambda kind, current, setting: current
    check: Callable[[Kind, Object], list[Trouble]] = lambda kind, config: []
    special: Special = field(default_factory=dict)
    behaviour: Mapping[str, Behaviour] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Value]] = field(default_factory=dict)
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recomputed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    force_new: tuple[str, ...] = ()  # of every type


# they compute, and reach no cloud
UTILITIES = frozenset(
    ["archive", "cloudinit", "external", "http", "local", "null", "random", "time", "tls"]
)


def dialect_of(address: str) -> Dialect:
    """The dialect of a provider; most have none of their own."""
    if address.endswith("/hashicorp/aws"):
        from dihedral.simulator.aws.dialect import AWS

        return AWS
    if address.rpartition("/hashicorp/")[2] in UTILITIES:
        from dihedral.simulator.utility import BEHAVIOUR

        return Dialect(_configure, _identify, _answer, behaviour=BEHAVIOUR)
    return Dialect(_configure, _identify, _answer)


def _configure(config: Object, scenario: Scenario) -> Setting:
    found = config.get("region") or config.get("location")
    region = found if isinstance(found, str) else scenario.region or "region-1"
    return Setting(region, scenario.account, config)


# the attributes that a provider block sets for all its resources
INHERITED = ("project", "region", "zone", "location", "subscription_id", "tenant_id")
NONE = "00000000-0000-0000-0000-000000000000"


def _identify(kind: Kind, planned: Object, maker: Maker, setting: Setting) -> Object:
    out = dict(planned)
    for name in INHERITED:
        written = setting.config.get(name)
        if unknown(out.get(name)) and isinstance(written, str):
            out[name] = written
    if unknown(out.get("project")):
        out["project"] = "simulated"
    if unknown(out.get("id")) and kind.block.attributes["id"].type == "string":
        out["id"] = _id(kind, out, maker, setting)
    return out


def _id(kind: Kind, out: Object, maker: Maker, setting: Setting) -> str:
    """Google and Azure name a thing by its place; elsewhere an id is a hash."""
    provider, _, rest = kind.name.partition("_")
    name = out.get("name")
    last = name if isinstance(name, str) else maker.seed.hex(16)
    if provider == "azurerm":
        group = out.get("resource_group_name")
        start = f"/subscriptions/{setting.config.get('subscription_id') or NONE}/resourceGroups"
        if rest == "resource_group":
            return f"{start}/{last}"
        return f"{start}/{group or last}/providers/Microsoft.Simulated/{rest}/{last}"
    if provider == "google":
        return f"projects/{out.get('project', 'simulated')}/{rest}/{last}"
    return maker.seed.hex(16)


def _answer(question: Question) -> Object:
    """Any data source finds a thing of the type of the same name that this run has seen."""
    return next(question.world.found(question.kind.name, question.asked), {})

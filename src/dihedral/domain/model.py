"""A model, which is a name; its endpoints, which serve it; and what somebody needs of one."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dihedral.domain.ids import EndpointId, OrganizationId

MILLION = Decimal(1_000_000)


class Hosting(StrEnum):
    """Where an endpoint is."""

    API = "api"  # somebody's managed API
    CLUSTER = "cluster"  # in our own cluster
    DEDICATED = "dedicated"  # a runtime of its own
    EDGE = "edge"  # beside whoever asks


class Wire(StrEnum):
    """The format that an endpoint speaks."""

    OPENAI = "openai"  # chat completions, as vLLM, Ollama and llama.cpp have them too
    ANTHROPIC = "anthropic"
    BEDROCK = "bedrock"
    GOOGLE = "google"
    LOCAL = "local"  # a GGUF file that we serve ourselves
    SCRIPTED = "scripted"  # a script that plays a model: for tests and the demo


class Ability(StrEnum):
    TOOLS = "tools"
    SCHEMA = "schema"  # answers held to a JSON schema
    REASONING = "reasoning"
    STREAMING = "streaming"


class DataClass(StrEnum):
    """In order: what may go to an endpoint may also go to one that takes a later class."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class Preference(StrEnum):
    COST = "cost"
    SPEED = "speed"
    SCORE = "score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Money per million tokens. `cached` is for input that the provider had already, `written` for
    input that it keeps; None is the price of other input. Reasoning is output, unless it has a
    price of its own. `as_of` is when that was so, `source` where it was read."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    written: Decimal | None = None
    reasoning: Decimal | None = None
    currency: str = "USD"
    as_of: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `input` is all of it, with what was `cached` and `written`; `output` is all of it,
    with what was `reasoning`."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0
    reasoning: int = 0

    @property
    def tokens(self) -> int:
        return self.input + self.output


@dataclass(frozen=True, slots=True)
class Hedge:
    """When a second endpoint is asked beside one of which nothing came: `after` so long; None is as
    long as the slowest twentieth of its calls took (the 95th percentile)."""

    after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`upstream` is what the provider calls the model. `url` is empty where the wire knows its own.
    `secret` says that a credential is kept for it. `score` is 0..1, None where nobody measured.
    Without a `hedge` no second endpoint is ever asked beside it."""

    id: EndpointId
    organization: OrganizationId
    model: str
    hosting: Hosting
    wire: Wire
    upstream: str
    url: str = ""
    price: Price | None = None
    context: int = 8192
    most: int = 4096  # tokens of one answer
    abilities: frozenset[Ability] = frozenset()
    data: DataClass = DataClass.INTERNAL  # the strictest that it may be given
    region: str = ""
    concurrency: int = 8
    score: float | None = None
    hedge: Hedge | None = None
    secret: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What somebody needs of a model. `model` is the logical one. `max_cost` is of one call, at the
    worst; `max_latency` until the first token."""

    model: str
    prefer: Preference = Preference.COST
    max_cost: Decimal | None = None
    max_latency: timedelta | None = None
    data: DataClass = DataClass.INTERNAL
    min_score: float | None = None
    abilities: frozenset[Ability] = field(default_factory=frozenset)


def cost(price: Price, used: Usage) -> Decimal:
    """What that many tokens cost, exactly."""
    cached = price.input if price.cached is None else price.cached
    written = price.input if price.written is None else price.written
    reasoning = price.output if price.reasoning is None else price.reasoning
    fresh = used.input - used.cached - used.written
    plain = used.output - used.reasoning
    total = (
        fresh * price.input
        + used.cached * cached
        + used.written * written
        + plain * price.output
        + used.reasoning * reasoning
    )
    return total / MILLION


def sealing(endpoint: str, wire: str, url: str) -> bytes:
    """What the credential of an endpoint is bound to: whoever moves it to another address, where
    somebody else would be told it, has nothing that opens."""
    return f"endpoint:{endpoint}:{wire}:{url}".encode()

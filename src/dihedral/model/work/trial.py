"""An endpoint tried: one tiny real call, and two more that prove what it can.

The calls go the way of all calls, through the gateway and the ledger, but to this endpoint alone,
once each, and whatever is known of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import msgspec

from dihedral.domain.actor import Actor
from dihedral.domain.conversation import Call, Message, Speaker, Text, Thought
from dihedral.domain.errors import OverBudget, Upstream
from dihedral.domain.ids import ConversationId, OrganizationId, TurnId
from dihedral.domain.model import Ability, DataClass, Endpoint, Needs, Usage
from dihedral.kit.log import Secret
from dihedral.model.rules.retry import Backoff
from dihedral.model.rules.tool import Tool
from dihedral.model.work.asking import Asking, Said
from dihedral.model.work.calls import Patience
from dihedral.model.work.directory import Page
from dihedral.model.work.gateway import Gateway
from dihedral.model.work.health import Health
from dihedral.model.work.providers.provider import Delta

MOST = 1024  # tokens of an answer: some think before they say a word
SHOWN = 200  # characters of what it said
ADD = Tool(
    "add",
    "Adds two whole numbers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
)
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "river": {"type": "boolean"}},
    "required": ["city", "river"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`proven` is what it showed that it can, `unproven` what it did not, each with why. `fault`
    says why not even the first call was answered."""

    endpoint: Endpoint
    fault: str = ""
    said: str = ""
    upstream: str = ""
    first: float | None = None
    seconds: float | None = None
    usage: Usage = Usage()  # noqa: RUF009 (it is frozen)
    money: Decimal | None = None
    proven: tuple[Ability, ...] = ()
    unproven: tuple[tuple[Ability, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Alone:
    """A directory of one endpoint, that may do everything until it shows that it cannot."""

    endpoint: Endpoint
    secret: Secret | None

    async def page(self, organization: OrganizationId, model: str) -> Page:
        bold = replace(self.endpoint, enabled=True, abilities=frozenset(Ability))
        return Page([bold], {bold.id: self.secret} if self.secret else {})

    async def names(self, organization: OrganizationId) -> list[str]:
        return [self.endpoint.model]


@dataclass(slots=True)
class _Trying:
    gateway: Gateway
    actor: Actor
    endpoint: Endpoint
    pieces: int = 0

    def heard(self, delta: Delta) -> None:
        self.pieces += 1

    async def ask(
        self, text: str, tools: Sequence[Tool] = (), schema: dict[str, object] | None = None
    ) -> Said:
        asking = Asking(
            key=self.gateway.mint("trial"),
            conversation=ConversationId(""),
            turn=TurnId(""),
            agent="",
            needs=Needs(model=self.endpoint.model, data=DataClass.PUBLIC),
            system="You are being tested. Be brief.",
            messages=(Message(Speaker.PERSON, (Text(text),)),),
            tools=tools,
            schema=schema,
            most=MOST,
        )
        return await self.gateway.ask(self.actor, asking, self.heard)


async def run(gateway: Gateway, actor: Actor, endpoint: Endpoint, secret: Secret | None) -> Trial:
    """Raises OverBudget; that it does not answer is what comes back."""
    health = gateway.health
    alone = replace(
        gateway,
        directory=Alone(endpoint, secret),
        health=Health(None, health.now),  # a breaker that is open keeps nobody from trying
        backoff=Backoff(tries=1),
        patience=Patience(first=90, idle=30, whole=120),
    )
    trying = _Trying(alone, actor, endpoint)
    try:
        said = await trying.ask("Answer with one word: ready.")
    except Upstream as fault:
        health.failed(endpoint.id, str(fault), counts=False)
        await health.tell(always=True)
        return Trial(endpoint=endpoint, fault=str(fault))
    health.answered(endpoint.id, said.first)
    await health.tell(always=True)
    proofs = [
        (Ability.STREAMING, "" if trying.pieces else "its answer came in one piece"),
        (Ability.REASONING, _reasons(said)),
        (Ability.TOOLS, await _tools(trying)),
        (Ability.SCHEMA, await _schema(trying)),
    ]
    return Trial(
        endpoint=endpoint,
        said=said.message.text.strip()[:SHOWN],
        upstream=said.upstream,
        first=said.first,
        seconds=said.seconds,
        usage=said.usage,
        money=said.money,
        proven=tuple(ability for ability, why in proofs if not why),
        unproven=tuple((ability, why) for ability, why in proofs if why),
    )


def _reasons(said: Said) -> str:
    thought = any(isinstance(part, Thought) for part in said.message.parts)
    return "" if thought or said.usage.reasoning else "it answered without a thought"


async def _tools(trying: _Trying) -> str:
    try:
        said = await trying.ask("What is 17 plus 25? Use the tool to find out.", (ADD,))
    except (Upstream, OverBudget) as fault:
        return str(fault)
    calls = said.message.calls
    if not calls:
        return "it called no tool"
    return "" if any(map(_added, calls)) else f"it called {calls[0].tool!r} with what does not fit"


def _added(call: Call) -> bool:
    try:
        given = msgspec.json.decode(call.arguments)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return call.tool == ADD.name and isinstance(given, dict) and given == {"a": 17, "b": 25}


class _City(msgspec.Struct, forbid_unknown_fields=True):
    city: str
    river: bool


async def _schema(trying: _Trying) -> str:
    """Asked for something else than the schema has, so that only who is held to it fits."""
    try:
        said = await trying.ask("Write one sentence about Paris.", schema=dict(CITY))
    except (Upstream, OverBudget) as fault:
        return str(fault)
    try:
        msgspec.json.decode(said.message.text, type=_City)
    except (msgspec.DecodeError, UnicodeError):
        return "its answer does not fit the schema"
    return ""

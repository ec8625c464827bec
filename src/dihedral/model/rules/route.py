"""Which endpoint answers: those of a model that may and can, the preferred first, each with why.

Unknown is never good enough: no price fails `max_cost`, no score fails `min_score`. Only a latency
that nobody measured yet passes, since nobody would ever measure it else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dihedral.domain.errors import Fault, Invalid, Upstream
from dihedral.domain.ids import EndpointId
from dihedral.domain.model import Ability, DataClass, Endpoint, Needs, Preference
from dihedral.model.rules import estimate
from dihedral.model.rules.estimate import Size

LEAST = 256  # tokens of an answer for which there must be room
_CLASSES = {kind: rank for rank, kind in enumerate(DataClass)}


@dataclass(frozen=True, slots=True)
class Vigour:
    """How an endpoint does just now: seconds until its first token as last measured, why nothing
    may go there (empty: it may), and whether all its places are taken."""

    latency: float | None = None
    resting: str = ""
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one call brings: its tokens, the most that it wants back, what it cannot do without."""

    size: Size
    most: int | None = None
    abilities: frozenset[Ability] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An endpoint that is taken: why, how many tokens it may answer with, what that may cost."""

    endpoint: Endpoint
    why: str
    most: int
    worst: Decimal | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An endpoint that is not. `passing`: only its own state is in the way."""

    endpoint: Endpoint
    why: str
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """The endpoints in the order in which they are asked, and those that are not."""

    taken: tuple[Choice, ...]
    refused: tuple[Refusal, ...] = field(default=())

    @property
    def passing(self) -> bool:
        """Whether one would fit, and only does not answer now."""
        return any(one.passing for one in self.refused)

    @property
    def against(self) -> str:
        """Why each of the others is not asked, in a line."""
        return "; ".join(f"{name(one.endpoint)}: {one.why}" for one in self.refused)


def place(
    endpoints: Iterable[Endpoint],
    vigour: Mapping[EndpointId, Vigour],
    needs: Needs,
    load: Load,
) -> Placement:
    """`needs` holds for each of them; `vigour` lacks those of which nothing is known."""
    taken: list[tuple[Choice, Vigour]] = []
    refused: list[Refusal] = []
    for endpoint in endpoints:
        state = vigour.get(endpoint.id, Vigour())
        most = room(endpoint, load)
        worst = estimate.worst(endpoint.price, load.size.most, most)
        why = _unfit(endpoint, needs, load) or _dear(endpoint, needs, worst) or _slow(state, needs)
        if why or state.resting:
            refused.append(Refusal(endpoint, why or state.resting, not why))
        else:
            choice = Choice(endpoint=endpoint, why="", most=most, worst=worst)
            taken.append((choice, state))
    taken.sort(key=lambda one: _rank(one[0], one[1], needs.prefer))
    return Placement(tuple(_told(taken, needs.prefer)), tuple(refused))


def room(endpoint: Endpoint, load: Load) -> int:
    """Tokens that an answer may have there; less than nothing where the call itself is too long."""
    wanted = endpoint.most if load.most is None else min(load.most, endpoint.most)
    return min(wanted, endpoint.context - load.size.likely)


def widest(
    endpoints: Iterable[Endpoint], needs: Needs, abilities: frozenset[Ability]
) -> int | None:
    """Tokens that may go in, with room for an answer, at that of the endpoints that takes most;
    None where none is fit. It is a little less than it has, since tokens are only guessed."""
    bare = Load(size=Size(0, 0), abilities=abilities)
    rooms = [_space(one) for one in endpoints if not _unfit(one, needs, bare)]
    return max(rooms, default=None)


def _space(endpoint: Endpoint) -> int:
    return (endpoint.context - min(endpoint.most, endpoint.context // 8)) * 9 // 10


def unplaced(placement: Placement, model: str, known: Sequence[str]) -> Fault:
    """Why nobody is asked; `known` are the models that there are."""
    if placement.passing:
        return Upstream(
            f"no endpoint of model {model} answers just now: {placement.against}; try again in a"
            " while, or see `dihedral model list`"
        )
    if placement.refused:
        return Invalid(
            f"no endpoint of model {model} fits this call: {placement.against}; change one with"
            " `dihedral model set`, or add another"
        )
    names = ", ".join(known) or "none yet"
    return Invalid(
        f"there is no model {model}; there are: {names}. `dihedral model add {model}` adds it"
    )


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.id} ({endpoint.upstream})"


def _unfit(endpoint: Endpoint, needs: Needs, load: Load) -> str:
    """What it cannot, or must not."""
    if not endpoint.enabled:
        return "it is switched off"
    if _CLASSES[needs.data] > _CLASSES[endpoint.data]:
        return f"it may be given {endpoint.data} data at most, and this is {needs.data}"
    if lacks := (needs.abilities | load.abilities) - endpoint.abilities:
        return f"it is not known to have {', '.join(sorted(lacks))}"
    if room(endpoint, load) < min(LEAST, load.most or LEAST, endpoint.most):
        has, takes = endpoint.context, load.size.likely
        return f"its context has {has:,} tokens, and this call about {takes:,}, without an answer"
    if needs.min_score is not None and endpoint.score is None:
        return f"nobody measured its score, and it must be {needs.min_score:g} at least"
    if needs.min_score is not None and (endpoint.score or 0.0) < needs.min_score:
        return f"its score is {endpoint.score:g}, and must be {needs.min_score:g} at least"
    return ""


def _dear(endpoint: Endpoint, needs: Needs, worst: Decimal | None) -> str:
    if needs.max_cost is None:
        return ""
    most = f"a call may cost {needs.max_cost:.6f} USD at most"
    if worst is None or endpoint.price is None:
        return f"its price is not known, and {most}"
    if endpoint.price.currency != "USD":
        return f"its price is in {endpoint.price.currency}, and {most}"
    return f"it may come to {worst:.6f} USD, and {most}" if worst > needs.max_cost else ""


def _slow(state: Vigour, needs: Needs) -> str:
    if needs.max_latency is None or state.latency is None:
        return ""
    most = needs.max_latency.total_seconds()
    if state.latency <= most:
        return ""
    return f"its first token takes {state.latency:.2g} s, and may take {most:g} s at most"


def _rank(choice: Choice, state: Vigour, prefer: Preference) -> tuple[object, ...]:
    """Smaller is asked first. What is unknown comes last; one whose places are taken after all."""
    cost = (choice.worst is None, choice.worst or Decimal(0))
    speed = (state.latency is None, state.latency or 0.0)
    score = (choice.endpoint.score is None, -(choice.endpoint.score or 0.0))
    order = {
        Preference.COST: (cost, speed, score),
        Preference.SPEED: (speed, cost, score),
        Preference.SCORE: (score, cost, speed),
    }[prefer]
    return (state.full, *order, choice.endpoint.id)


def _told(taken: Sequence[tuple[Choice, Vigour]], prefer: Preference) -> Iterable[Choice]:
    for place, (choice, state) in enumerate(taken, 1):
        rank = f"{_best(prefer)} of {len(taken)} that fit" if place == 1 else f"number {place}"
        why = f"{rank if len(taken) > 1 else 'the only one that fits'}: {_figure(choice, state)}"
        yield Choice(endpoint=choice.endpoint, why=why, most=choice.most, worst=choice.worst)


def _best(prefer: Preference) -> str:
    return {
        Preference.COST: "the cheapest",
        Preference.SPEED: "the fastest",
        Preference.SCORE: "the best",
    }[prefer]


def _figure(choice: Choice, state: Vigour) -> str:
    """What is known of it, in three figures."""
    price, score = choice.endpoint.price, choice.endpoint.score
    cost = "price unknown"
    if price and choice.worst is not None:
        cost = f"{choice.worst:.6f} {price.currency} at most"
    speed = "not measured yet" if state.latency is None else f"first token in {state.latency:.2g} s"
    return ", ".join([cost, speed, *([] if score is None else [f"score {score:g}"])])

"""Agents at work over HTTP: started for whoever asks, each with a token, and ended.

Source  RFC 8693: the answer is that of a token exchange; what is exchanged is who asks.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import InstanceId, parse
from dihedral.domain.right import Action
from dihedral.ops.work import instances
from dihedral.ops.work.instances import Started

JWT = "urn:ietf:params:oauth:token-type:jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenShape:
    """As RFC 8693 §2.2.1 answers, and which instance it is of."""

    access_token: str
    issued_token_type: str = JWT
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
    scope: str
    instance: InstanceId


class TokenAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """With `instance` a new token for one that runs; else a new instance that works for whoever
    asks. `via` is an instance that hands it the work."""

    instance: str = ""
    via: str = ""


async def token(request: Request) -> TokenShape:
    asked = await edge.body(request, TokenAsked)
    ops, actor, name = edge.ops(request), edge.actor(request), _name(request)
    if asked.instance:
        running = parse(InstanceId, asked.instance)
        return _token(ops.now(), await instances.renew(ops, actor, name, running))
    via = parse(InstanceId, asked.via) if asked.via else None
    return _token(ops.now(), await instances.start(ops, actor, name, actor.id, via))


async def end(request: Request) -> None:
    instance = parse(InstanceId, request.path_params["instance"])
    await instances.end(edge.ops(request), edge.actor(request), _name(request), instance)


def _token(now: datetime, made: Started) -> TokenShape:
    left = made.token.expires_at - now
    return TokenShape(
        access_token=made.token.text,
        expires_in=int(left.total_seconds()),
        scope=" ".join(made.scope),
        instance=made.instance.id,
    )


def _name(request: Request) -> str:
    name: str = request.path_params["agent"]
    return name


_ONE = "/v1/agents/{agent}"
# fmt: off
doors = (
    Door(method="POST", path=f"{_ONE}/tokens", handler=token, needs=Action.TOKEN_MINT,
         summary="Start an agent that works for you: a token for ten minutes", takes=TokenAsked,
         gives=TokenShape, status=201),
    Door(method="DELETE", path=f"{_ONE}/instances/{{instance}}", handler=end,
         needs=Action.AGENT_READ, summary="End an instance; its tokens die", status=204),
)
# fmt: on

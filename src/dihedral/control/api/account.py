"""One's own account over HTTP: who one is, API tokens, sessions; and how a command gets in."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.actor import Kind
from dihedral.domain.ids import (
    ActorId,
    OrganizationId,
    ProjectId,
    SessionId,
    TokenId,
    WorkspaceId,
    parse,
)
from dihedral.domain.person import ApiToken, Session
from dihedral.domain.right import Action, Role
from dihedral.ops.rules import secrecy
from dihedral.ops.work import apitokens, handing, sessions
from dihedral.ops.work.apitokens import Made, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class RightShape:
    role: Role
    organization: OrganizationId
    project: ProjectId | None
    workspace: WorkspaceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShape:
    """Every set of `rights` must allow what one does: what one was given, and what a token was
    narrowed to. `session` and `token` are what one came in with."""

    id: ActorId
    kind: Kind
    on_behalf_of: ActorId | None
    organization: OrganizationId
    session: SessionId | None
    token: TokenId | None
    rights: list[list[RightShape]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenShape:
    """It may no more than `role` may, and nowhere but in `workspace` where that is said."""

    id: TokenId
    person: ActorId
    organization: OrganizationId
    name: str
    role: Role
    workspace: WorkspaceId | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """`secret` is the token itself; it is shown this once."""

    secret: str = field(repr=False)
    token: TokenShape


@dataclass(frozen=True, slots=True)
class TokenPage:
    items: list[TokenShape]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShape:
    """`how` it began: `password`, `link`, or the issuer of whoever logged the person in."""

    id: SessionId
    person: ActorId
    organization: OrganizationId
    how: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class SessionPage:
    items: list[SessionShape]
    next: str | None


class TokenAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`workspace` by name or id; `days` until it expires, at most a year."""

    name: str
    role: Role = Role.ADMINISTRATOR
    workspace: str = ""
    days: int = secrecy.TOKEN_DAYS


class Whose(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without a `person`, one's own."""

    person: str = ""


class CodeAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`code` came through the browser; `verifier` is what its challenge was made from."""

    code: str
    verifier: str


async def read(request: Request) -> AccountShape:
    actor = edge.actor(request)
    return AccountShape(
        id=actor.id,
        kind=actor.kind,
        on_behalf_of=actor.on_behalf_of,
        organization=actor.organization,
        session=actor.session,
        token=actor.token,
        rights=[
            [
                RightShape(
                    role=grant.role,
                    organization=grant.place.organization,
                    project=grant.place.project,
                    workspace=grant.place.workspace,
                )
                for grant in grants
            ]
            for grants in actor.rights
        ],
    )


async def tokens(request: Request) -> TokenPage:
    asked = edge.query(request, Whose)
    found = await apitokens.page(edge.ops(request), edge.actor(request), asked.person)
    return TokenPage([shape(one) for one in found], None)


async def create(request: Request) -> NewToken:
    asked = await edge.body(request, TokenAsked)
    wanted = Wanted(asked.name, asked.role, asked.workspace, asked.days)
    return _made(await apitokens.create(edge.ops(request), edge.actor(request), wanted))


async def revoke(request: Request) -> None:
    key = parse(TokenId, request.path_params["token"])
    await apitokens.revoke(edge.ops(request), edge.actor(request), key)


async def page(request: Request) -> SessionPage:
    asked, actor = edge.query(request, Whose), edge.actor(request)
    found = await sessions.page(edge.ops(request), actor, asked.person)
    return SessionPage([shape_session(one, actor.session) for one in found], None)


async def end(request: Request) -> None:
    key = parse(SessionId, request.path_params["session"])
    await sessions.revoke(edge.ops(request), edge.actor(request), key)


async def exchange(request: Request) -> NewToken:
    asked = await edge.body(request, CodeAsked)
    parts = edge.ops(request)
    return _made(await handing.take(parts, asked.code, asked.verifier, edge.trace(request)))


def shape(token: ApiToken) -> TokenShape:
    return TokenShape(
        id=token.id,
        person=token.person,
        organization=token.organization,
        name=token.name,
        role=token.role,
        workspace=token.workspace,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
    )


def shape_session(session: Session, current: SessionId | None) -> SessionShape:
    return SessionShape(
        id=session.id,
        person=session.person,
        organization=session.organization,
        how=session.how,
        agent=session.agent,
        address=session.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        current=session.id == current,
    )


def _made(made: Made) -> NewToken:
    return NewToken(secret=made.secret, token=shape(made.token))


doors = (
    Door(
        method="GET",
        path="/v1/account",
        handler=read,
        needs=Action.SELF,
        summary="Who one is here, and with which rights",
        gives=AccountShape,
    ),
    Door(
        method="GET",
        path="/v1/tokens",
        handler=tokens,
        needs=Action.SELF,
        summary="API tokens, one's own or somebody's, newest first",
        asks=Whose,
        gives=TokenPage,
    ),
    Door(
        method="POST",
        path="/v1/tokens",
        handler=create,
        needs=Action.SELF,
        summary="Make an API token of one's own; it is shown once",
        takes=TokenAsked,
        gives=NewToken,
        status=201,
    ),
    Door(
        method="DELETE",
        path="/v1/tokens/{token}",
        handler=revoke,
        needs=Action.SELF,
        summary="Revoke an API token",
        status=204,
    ),
    Door(
        method="GET",
        path="/v1/sessions",
        handler=page,
        needs=Action.SELF,
        summary="Sessions that live, one's own or somebody's, newest first",
        asks=Whose,
        gives=SessionPage,
    ),
    Door(
        method="DELETE",
        path="/v1/sessions/{session}",
        handler=end,
        needs=Action.SELF,
        summary="End a session",
        status=204,
    ),
    Door(
        method="POST",
        path="/v1/login/token",
        handler=exchange,
        needs=None,
        summary="The token for a code that a browser handed to a command",
        takes=CodeAsked,
        gives=NewToken,
        status=201,
        also=(401,),
    ),
)

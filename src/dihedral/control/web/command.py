"""The page by which a browser lets a command in that waits on its machine (`dihedral login`)."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import paper
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action, Role
from dihedral.ops.rules import proofkey, secrecy
from dihedral.ops.work import handing

STATE = 128  # characters of what the command knows its own login by


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Page):
    template: ClassVar[str] = "command.html"
    who: str
    organization: str
    name: str
    port: int
    challenge: str
    state: str
    roles: tuple[Role, ...] = tuple(reversed(Role))
    days: int = secrecy.TOKEN_DAYS

    @property
    def home(self) -> str:
        """Where it waits: nowhere but on the browser's own machine."""
        return f"http://127.0.0.1:{self.port}"


async def ask(request: Request) -> Response:
    page = _page(request, request.query_params)
    return paper.show(page, form_to=page.home)


async def answer(request: Request) -> Response:
    filled = await paper.form(request)
    page = _page(request, QueryParams(dict(filled)))
    if "deny" in filled:
        return paper.go(f"{page.home}/?{urlencode({'error': 'denied', 'state': page.state})}")
    try:
        role = Role(filled.get("role", ""))
    except ValueError:
        raise Invalid("a token has a role of the list") from None
    parts, actor = edge.ops(request), edge.actor(request)
    code = await handing.hand(parts, actor, page.challenge, role, page.name)
    return paper.go(f"{page.home}/?{urlencode({'code': code, 'state': page.state})}")


def _page(request: Request, asked: QueryParams) -> Command:
    """Raises Invalid."""
    port, name, state = asked.get("port", ""), asked.get("name", "").strip(), asked.get("state", "")
    if not (port.isascii() and port.isdigit() and 1024 <= int(port[:6]) <= 65535):
        raise Invalid("no command waits for this; run `dihedral login`")
    if not name or len(name) > STATE or not name.isprintable() or len(state) > STATE:
        raise Invalid("no command waits for this; run `dihedral login`")
    proofkey.demand_challenge(asked.get("challenge", ""))
    actor = edge.actor(request)
    return Command(
        who=actor.id,
        organization=actor.organization,
        name=name,
        port=int(port),
        challenge=asked["challenge"],
        state=state,
    )


doors = (
    paper.door("GET", "/login/cli", ask, Action.SELF, "Ask whether a command may come in"),
    paper.door("POST", "/login/cli", answer, Action.SELF, "Let a command in, or not"),
)

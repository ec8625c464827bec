"""Logging in by an OIDC provider: out to it, and back to one address of ours.

All that a login under way needs is made from one secret in a cookie, so that the answer counts only
in the browser that began, and nothing of it is kept here.

Source  OpenID Connect Core 1.0 §3.1.2.1 (`state`, `nonce`); RFC 9700 §2.1 and §4.7.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, cookies, edge, problem
from dihedral.control.web import paper
from dihedral.control.web.entering import browser, provider
from dihedral.domain.errors import Fault, Nobody, NotFound
from dihedral.kit import mint
from dihedral.ops.work import federated
from dihedral.ops.work.oidc import Begun, Provider

PATIENCE = 600  # seconds that somebody has there
BEGIN = "the login was not begun in this browser, or too long ago; begin again"


async def begin(request: Request) -> Response:
    known = _provider(request)
    secret = mint.secret()
    after = address.local(request.query_params.get("next", ""))[:2000]
    to = await known.begin(_begun(request, secret))
    value = f"{secret}.{urlsafe_b64encode(after.encode()).decode()}"
    cookies.keep(request, value, cookies.FLOW, PATIENCE)
    return paper.go(to)


async def finish(request: Request) -> Response:
    known, answer = _provider(request), request.query_params
    secret, _, after = cookies.read(request, cookies.FLOW).partition(".")
    cookies.drop(request, cookies.FLOW)
    begun = _begun(request, secret)
    try:
        if not secret or not hmac.compare_digest(
            answer.get("state", "").encode(), begun.state.encode()
        ):
            raise Nobody(BEGIN)
        await known.demand_sender(answer)
        if "code" not in answer:
            raise Nobody(f"{known.name} did not log you in; begin again")
        visit = (browser(request), cookies.session(request))
        logged = await federated.login(edge.ops(request), known, answer["code"], begun, visit)
    except Fault as fault:
        message = paper.Message("Not logged in", str(fault), "/login", "Begin again")
        return paper.show(message, problem.STATUS[type(fault)])
    cookies.keep(request, logged.secret)
    return paper.go(address.local(_plain(after)))


def _begun(request: Request, secret: str) -> Begun:
    return Begun(
        redirect=f"{address.base(request)}{address.CALLBACK}",
        state=_part(secret, "state"),
        nonce=_part(secret, "nonce"),
        verifier=_part(secret, "verifier"),
    )


def _part(secret: str, name: str) -> str:
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _plain(text: str) -> str:
    try:
        return urlsafe_b64decode(text.encode()).decode()
    except ValueError:
        return ""


def _provider(request: Request) -> Provider:
    found = provider(request)
    if found is None:
        raise NotFound("login provider", "oidc")
    return found


doors = (
    paper.door("GET", "/login/oidc", begin, None, "Log in by the OIDC provider"),
    paper.door(
        "GET", address.CALLBACK, finish, None, "Where the OIDC provider sends the browser back to"
    ),
)

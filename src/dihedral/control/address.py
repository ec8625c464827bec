"""Where this server is, as whoever calls it knows it, and what leads where."""

from urllib.parse import urlencode

from starlette.requests import Request

from dihedral.control.settings import Settings

WELCOME, CALLBACK = "/welcome", "/login/oidc/callback"
HOME, ACCOUNT, ASK, TOUR = "/", "/account", "/ask", "/tour"


def base(request: Request) -> str:
    """The public URL; without one, that of this machine which the caller used."""
    settings: Settings = request.app.state.settings
    return settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


def welcome(base: str, secret: str) -> str:
    """A link that lets somebody set a password. In the query, which no log of ours has."""
    return f"{base}{WELCOME}?{urlencode({'key': secret})}"


def local(text: str) -> str:
    """Where to go after a login: a path of ours, whatever was asked for."""
    fine = text.startswith("/") and text[1:2] not in ("/", "\\") and text.isascii()
    return text if fine and text.isprintable() and "\\" not in text else HOME

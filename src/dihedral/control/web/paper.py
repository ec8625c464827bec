"""Pages: a template filled from a frozen class, and what every page has around it.

Source  CSP Level 3 for the policy: no script at all, nothing from elsewhere, no frame around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dihedral.control import edge
from dihedral.control.web import agents
from dihedral.domain.errors import Invalid

FORM = "application/x-www-form-urlencoded"
LONGEST, MOST = 1 << 16, 50  # bytes of a form, and its fields


class Page:
    """The fields of a page's class are all that its template knows."""

    template: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Message(Page):
    """One thing to say, and where to go from there."""

    template: ClassVar[str] = "message.html"
    title: str
    text: str
    onward: str = ""
    label: str = ""


def show(page: Page, status: int = 200, *, form_to: str = "") -> Response:
    """`form_to` is where else its forms may lead."""
    known = {f.name: getattr(page, f.name) for f in fields(page)}  # type: ignore[arg-type]
    text = _pages().get_template(page.template).render(**known)
    return Response(text, status, headers=_headers(form_to), media_type="text/html")


def go(to: str) -> Response:
    """After a form, so that reading again does not send it again."""
    response = RedirectResponse(to, 303)
    response.headers.update(_headers(""))
    return response


async def form(request: Request) -> Mapping[str, str]:
    """What was filled in; the last of fields that have one name. Raises Invalid, HTTPException."""
    raw = await edge.read(request, LONGEST)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media != FORM:
        raise HTTPException(415, f"this is a form: {FORM}")
    try:
        text = raw.decode("ascii")
        found = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MOST)
    except ValueError as cause:
        raise Invalid("the form cannot be read") from cause
    if any("\0" in value for values in found.values() for value in values):
        raise Invalid("the form has a sign that no text has")
    return {name: values[-1] for name, values in found.items()}


def next_to(path: str, after: str) -> str:
    """A path that leads on to another one."""
    return f"{path}?next={quote(after, safe='')}"


def _headers(form_to: str) -> dict[str, str]:
    return {
        "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self';"
        f" form-action 'self'{form_to and ' '}{form_to}; frame-ancestors 'none'; base-uri 'none'",
        # with `no-referrer` browsers say `Origin: null`, and a form would not be ours any more
        "referrer-policy": "same-origin",
    }


@cache
def _pages() -> Environment:
    made = Environment(
        loader=PackageLoader("dihedral.control.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["when"] = _when
    made.filters["called"] = agents.called
    return made


def _when(instant: Any) -> str:
    return f"{instant:%-d %b %Y, %H:%M} UTC" if instant else "never"

"""Pages: a template filled from a frozen class, and what every page has around it.

Source  CSP Level 3 for the policy: scripts and styles are files of ours, nothing comes from
elsewhere, nothing is evaluated, there is no frame around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import ClassVar
from urllib.parse import parse_qs, quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dihedral.control import edge
from dihedral.control.edge import Door, Handler
from dihedral.control.web import assets, browsers, prose, words
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action

HTML = "text/html"
FORM = "application/x-www-form-urlencoded"
LONGEST, MOST = 1 << 16, 50  # bytes of a form, and its fields


class Page:
    """The fields of a page's class are all that its template knows, beside the `frame` around it.

    `fragments` are the parts that htmx asks for at the page's own URL, by the id of the element
    that they go to.
    """

    template: ClassVar[str]
    fragments: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Message(Page):
    """One thing to say, and where to go from there."""

    template: ClassVar[str] = "message.html"
    title: str
    text: str
    onward: str = ""
    label: str = ""


def show(page: Page, status: int = 200, *, frame: object = None, form_to: str = "") -> Response:
    """`frame` is what is around the page of somebody who is logged in (`shell.Frame`); `form_to`
    is where else its forms may lead."""
    text = rendered(page, page.template, frame)
    return Response(text, status, headers=_headers(form_to), media_type=HTML)


def rendered(page: Page, template: str, frame: object = None) -> str:
    known = {f.name: getattr(page, f.name) for f in fields(page)}  # type: ignore[arg-type]
    return pages().get_template(template).render(**known, frame=frame)


def fragment(page: Page, target: str, frame: object = None) -> Response:
    """The part of the page that goes into one element of it."""
    text = rendered(page, page.fragments[target], frame)
    return Response(text, headers=_headers(""), media_type=HTML)


def part(request: Request, page: type[Page]) -> str:
    """The id of the element of the page that alone is asked for; empty for the whole page."""
    if request.headers.get("hx-request") != "true":
        return ""
    target = request.headers.get("hx-target", "")
    return target if target in page.fragments else ""


def go(to: str) -> Response:
    """After a form, so that reading again does not send it again."""
    response = RedirectResponse(to, 303)
    response.headers.update(_headers(""))
    return response


async def form(request: Request, longest: int = LONGEST) -> Mapping[str, str]:
    """What was filled in; the last of fields that have one name. Raises Invalid, HTTPException."""
    raw = await edge.read(request, longest)
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


def door(method: str, path: str, handler: Handler, needs: Action | None, summary: str) -> Door:
    """The door of a page, or of a form on it."""
    return Door(
        method=method,
        path=path,
        handler=handler,
        needs=needs,
        summary=summary,
        gives_media=HTML,
        media=(FORM,) if method == "POST" else (),
        page=True,
    )


def _headers(form_to: str) -> dict[str, str]:
    return {
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
        " img-src 'self'; connect-src 'self';"
        f" form-action 'self'{form_to and ' '}{form_to}; frame-ancestors 'none'; base-uri 'none'",
        # with `no-referrer` browsers say `Origin: null`, and a form would not be ours any more
        "referrer-policy": "same-origin",
    }


@cache
def pages() -> Environment:
    made = Environment(
        loader=PackageLoader("dihedral.control.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = (words.when, words.ago, words.duration, words.money, words.count, words.many)
    kept = (prose.prose, words.exact, words.inert, words.spaced, words.ticked, browsers.called)
    made.filters.update({one.__name__: one for one in (*said, *kept)})
    made.globals["asset"] = assets.path
    return made

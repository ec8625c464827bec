"""A fault as it goes over the wire, and what may be said in it.

Source  RFC 9457 for problem details; a problem's `type` is a name, there is no page behind it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST, SHOWN = 4000, 200  # characters of a `detail`, and of what a call says of itself
# what a terminal or a reader obeys and nobody sees: controls, directions, halves of a sign
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
CODES: Mapping[int, str] = {  # names of our own: those of `HTTPStatus` change with Python's release
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "request_entity_too_large",
    414: "request_uri_too_long",
    415: "unsupported_media_type",
    429: "too_many_requests",
    431: "request_header_fields_too_large",
}
PASSING = frozenset({408, 429})  # worth another try


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong. `detail` says what, why and what next; `code` is stable; `retry` says
    whether the same call may succeed later; `request` is the call's id, for whoever can read the
    server's log."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry: bool
    instance: str
    request: str


def inert(text: str, longest: int = SHOWN) -> str:
    """What somebody sent, fit to be shown: nothing that a screen obeys, and not all of a lot."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", cut)

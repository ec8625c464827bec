"""What a provider's library raises, as one of our four faults.

What a provider says of a fault may repeat the credential, and is whatever it likes: it is cut
short, and everything in it that looks like a credential goes. The library's own exception holds
all of it, so it is not chained.
"""

import json
from collections.abc import Iterator

import httpx2
from pydantic_ai import exceptions as theirs

from dihedral.domain.errors import Fault
from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers.faults import Busy, Down, Garbled, Refused
from dihedral.model.work.providers.keys import KEYS
from dihedral.model.work.providers.line import TooLarge

LONGEST = 300  # characters of what it says
SHARED = 8  # characters in a row that a word and the credential may not have in common
_UNREADABLE = (theirs.UnexpectedModelBehavior, UnicodeDecodeError, json.JSONDecodeError)


def fault(cause: Exception, endpoint: Endpoint, secret: Secret | None) -> Fault:
    """The fault that stands for it. An exception that nobody foresaw comes back as Garbled, since
    what the library stumbles over is what the provider sent."""
    chain = list(_chain(cause))
    for one in chain:
        if isinstance(one, Fault):
            return one
        if isinstance(one, TooLarge):
            return Garbled(f"{endpoint.upstream} cannot be read: {one}")
    said = _said(cause, secret)
    if isinstance(cause, theirs.ModelAPIError) and not _unreadable(chain):
        return _told(cause, endpoint.upstream, said)
    if type(cause).__module__ == "botocore.exceptions":  # raised before anything is sent
        return Refused(f"{endpoint.upstream} cannot be asked: {said}")
    if any(isinstance(one, httpx2.TransportError) for one in chain):
        return Down(f"{endpoint.upstream} stopped in the middle of its answer: {said}")
    return Garbled(f"{endpoint.upstream} cannot be read: {type(cause).__name__}: {said}")


def clean(text: str, secret: Secret | None) -> str:
    """One line, short, without what looks like a credential or shares much with this one."""
    text = "".join(c if c.isprintable() else " " for c in text[: 20 * LONGEST])
    text = KEYS.sub("***", text)
    known = secret.reveal() if secret else ""
    if len(known) >= SHARED:
        text = " ".join("***" if _shares(word, known) else word for word in text.split(" "))
    elif known:
        text = text.replace(known, "***")
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _unreadable(chain: list[BaseException]) -> bool:
    return any(
        isinstance(one, _UNREADABLE) or type(one).__module__ == "botocore.eventstream"
        for one in chain
    )


def _told(cause: theirs.ModelAPIError, who: str, said: str) -> Fault:
    """What the library could tell apart."""
    if isinstance(cause, theirs.ModelHTTPError):
        return _by_status(cause, f"{who} answers {cause.status_code}: {said}")
    if isinstance(cause, theirs.ModelRateLimitError | theirs.ModelOverloadedError):
        return Busy(f"{who} is busy: {said}", cause.retry_after)
    if isinstance(cause, theirs.ModelConnectionError):
        return Down(f"{who} does not answer: {said}", spent=cause.phase not in ("pool", "connect"))
    if isinstance(cause, theirs.ModelRequestRejectedError | theirs.ModelQuotaExceededError):
        return Refused(f"{who} refuses: {said}")
    return Down(f"{who} stopped in the middle of its answer: {said}")


def _shares(word: str, known: str) -> bool:
    return any(word[i : i + SHARED] in known for i in range(len(word) - SHARED + 1))


def _by_status(cause: theirs.ModelHTTPError, said: str) -> Fault:
    """Before a stream began nothing was charged; in the middle of one nobody knows."""
    status = cause.status_code
    if status in (429, 529) or isinstance(cause, theirs.ModelOverloadedError):
        if isinstance(cause, theirs.ModelQuotaExceededError):
            return Refused(f"{said}; its quota is used up")
        return Busy(said, cause.retry_after)
    if status == 408 or status >= 500:
        return Down(said, spent=cause.in_stream)
    return Refused(said)


def _said(cause: Exception, secret: Secret | None) -> str:
    """What the provider says in its error body, else what the library does."""
    body = getattr(cause, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        told = inner.get("message") if isinstance(inner, dict) else inner
        if isinstance(told, str) and told:
            return clean(told, secret)
    return clean(str(cause) or type(cause).__name__, secret)


def _chain(cause: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while cause is not None and seen < 20:
        yield cause
        cause, seen = cause.__cause__ or cause.__context__, seen + 1

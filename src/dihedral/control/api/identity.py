"""Who we are to others: where our keys are, and the keys. Anyone may read them and keep a copy.

Source  OpenID Connect Discovery 1.0 §3 and §4; RFC 7517 for the keys. There is nobody to log in
        here, so there is no authorization endpoint, as with the issuers of Kubernetes and GitHub.
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.token import Alg
from dihedral.ops.work import tokens

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/.well-known/jwks.json"
PUBLIC = (DISCOVERY, KEYS)
KEPT = "public, max-age=3600"  # well below `rotation.LEAD`
# fmt: off
CLAIMS = (
    "aud", "exp", "iat", "iss", "jti", "nbf", "sub", "organization", "workspace", "workspace_id",
    "run_id", "phase", "proposer",
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    issuer: str
    jwks_uri: str
    response_types_supported: tuple[str, ...] = ("id_token",)
    subject_types_supported: tuple[str, ...] = ("public",)
    id_token_signing_alg_values_supported: tuple[str, ...] = (Alg.RS256, Alg.ES256)
    scopes_supported: tuple[str, ...] = ("openid",)
    claims_supported: tuple[str, ...] = CLAIMS


@dataclass(frozen=True, slots=True)
class KeySet:
    """Each key as RFC 7517 writes it, with `kid`, `use` and `alg`."""

    keys: list[dict[str, str]]


async def discovery(request: Request) -> Response:
    issuer = edge.ops(request).issuer
    return _kept(Discovery(issuer=issuer, jwks_uri=issuer + KEYS))


async def keys(request: Request) -> Response:
    return _kept(await tokens.key_set(edge.ops(request)))


def _kept(value: Any) -> Response:
    return Response(
        edge.encode(value), media_type="application/json", headers={"cache-control": KEPT}
    )


doors = (
    Door(
        method="GET",
        path=DISCOVERY,
        handler=discovery,
        summary="Who signs tokens here, and where the keys are",
        needs=None,
        gives=Discovery,
    ),
    Door(
        method="GET",
        path=KEYS,
        handler=keys,
        summary="The keys that tokens are signed with",
        needs=None,
        gives=KeySet,
    ),
)

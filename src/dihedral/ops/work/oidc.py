"""The other side of an OIDC login: found by discovery, asked for tokens, its signatures checked.

Source  OpenID Connect Discovery 1.0 §4; OpenID Connect Core 1.0 §3.1; RFC 7636 (PKCE); RFC 9207
        (`iss` in the answer). Nothing is followed that is not of the issuer's own document.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dihedral.domain.errors import Nobody, Upstream
from dihedral.domain.right import Role, Where
from dihedral.kit.log import Secret
from dihedral.ops.rules import idtoken
from dihedral.ops.rules.proofkey import challenge

if TYPE_CHECKING:
    import httpx

LARGEST = 1 << 20  # bytes of an answer
PATIENCE = 10.0  # seconds for one
FRESH = 3600.0  # seconds that its document and keys are believed
AGAIN = 30.0  # seconds before keys are read again for a signature that fits none


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who we are there, and what its groups give. `secret` is None for a public client."""

    issuer: str
    id: str
    secret: Secret | None = None
    scopes: tuple[str, ...] = ("openid",)
    claim: str = "groups"
    groups: tuple[tuple[str, Role, Where], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A login under way: nobody else knows the `verifier`, nobody guesses `state` and `nonce`."""

    redirect: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(slots=True)
class Provider:
    """What was learnt of it, and when, by a clock that only goes on."""

    client: Client
    clock: Callable[[], float] = time.monotonic
    _document: Mapping[str, Any] = field(default_factory=dict)
    _keys: KeySet | None = None
    _read_at: float = 0.0

    @property
    def name(self) -> str:
        return urlsplit(self.client.issuer).hostname or self.client.issuer

    async def begin(self, begun: Begun) -> str:
        """Where the browser goes. Raises Upstream."""
        document, _ = await self._known()
        asked = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": begun.redirect,
            "scope": " ".join(dict.fromkeys(("openid", *self.client.scopes))),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        to: str = document["authorization_endpoint"]
        return f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(asked)}"

    async def demand_sender(self, answer: Mapping[str, str]) -> None:
        """That the browser comes from there (RFC 9207 §2.4). Raises Nobody, Upstream."""
        document, _ = await self._known()
        says = document.get("authorization_response_iss_parameter_supported") is True
        if ("iss" in answer or says) and answer.get("iss") != self.client.issuer:
            raise Nobody("the login comes from another issuer")

    async def claims(self, code: str, begun: Begun) -> Mapping[str, Any]:
        """Of the ID token for a code, its signature checked. Raises Nobody, Upstream."""
        document, _ = await self._known()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect,
            "code_verifier": begun.verifier,
        }
        answer = await self._token(document, form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Nobody(f"{self.name} gave no ID token")
        return await self._checked(token, document)

    async def _token(self, document: Mapping[str, Any], form: dict[str, str]) -> Mapping[str, Any]:
        """Our name and secret are form-encoded before they are Basic (RFC 6749 §2.3.1)."""
        import httpx  # noqa: PLC0415

        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth = None
        if self.client.secret is None:
            form["client_id"] = self.client.id
        elif "client_secret_basic" in methods:
            words = (self.client.id, self.client.secret.reveal())
            auth = httpx.BasicAuth(*(quote(word, safe="") for word in words))
        else:
            form.update(client_id=self.client.id, client_secret=self.client.secret.reveal())
        status, answer = await _fetched("POST", document["token_endpoint"], form, auth)
        if status != 200:
            said = answer.get("error")
            known = said if isinstance(said, str) and said.isprintable() else str(status)
            raise Nobody(f"{self.name} did not take the login ({known[:60]}); begin again")
        return answer

    async def _checked(self, token: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        offered = document.get("id_token_signing_alg_values_supported", ["RS256"])
        allowed = [name for name in idtoken.ALGORITHMS if name in offered]
        _, keys = await self._known()
        for last in (False, True):
            try:
                return jwt.decode(token, keys, algorithms=allowed).claims
            except (JoseError, ValueError, TypeError, KeyError) as cause:
                if last or not await self._renewed():
                    raise Nobody(f"{self.name} did not sign this login") from cause
                _, keys = await self._known()
        raise AssertionError

    async def _known(self) -> tuple[Mapping[str, Any], KeySet]:
        now = self.clock()
        if self._keys is None or now - self._read_at > FRESH:
            document = await self._discovered()
            self._keys = await _key_set(document["jwks_uri"])
            self._document, self._read_at = document, now
        return self._document, self._keys

    async def _renewed(self) -> bool:
        """Its keys read again, since they are changed; not for every forged token."""
        now = self.clock()
        if now - self._read_at < AGAIN:
            return False
        self._keys = None
        await self._known()
        return True

    async def _discovered(self) -> Mapping[str, Any]:
        issuer = self.client.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        status, document = await _fetched("GET", url)
        if status != 200 or document.get("issuer") != issuer:
            raise Upstream(
                f"{url} is not the document of {issuer}; see that DIHEDRAL_OIDC_ISSUER is exactly"
                " the `issuer` that it names"
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not _safe(document.get(name), issuer):
                raise Upstream(f"the document of {issuer} has no safe {name}")
        return document


async def _key_set(url: str) -> KeySet:
    status, found = await _fetched("GET", url)
    try:
        if status != 200:
            raise ValueError(status)
        keys = [key for key in found["keys"] if key.get("kty") in ("RSA", "EC")]
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, KeyError, ValueError, TypeError, AttributeError) as cause:
        raise Upstream(f"the keys at {url} cannot be read; try again later") from cause


async def _fetched(
    method: str, url: str, form: Mapping[str, str] | None = None, auth: "httpx.Auth | None" = None
) -> tuple[int, Mapping[str, Any]]:
    """The status and the JSON object of an answer; no redirect is followed. Raises Upstream."""
    import httpx  # noqa: PLC0415  heavy, and only a login by such a provider needs it

    held = bytearray()
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(timeout=PATIENCE, auth=auth, verify=_trust()) as client,
            client.stream(method, url, data=form, headers={"Accept": "application/json"}) as answer,
        ):
            async for chunk in answer.aiter_bytes():
                held += chunk
                if len(held) > LARGEST:
                    raise Upstream(f"{url} answers with more than {LARGEST:,} bytes")
        found = json.loads(held)
        if not isinstance(found, dict):
            raise ValueError("no object")
    except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as cause:
        host = urlsplit(url).hostname
        raise Upstream(f"{host} does not answer as a login provider; try again later") from cause
    return answer.status_code, found


@cache
def _trust() -> ssl.SSLContext:
    """The CAs, read once."""
    import httpx  # noqa: PLC0415  heavy, and only a login by such a provider needs it

    return httpx.create_ssl_context()


def _safe(url: object, issuer: str) -> bool:
    """Encrypted, unless all is on this machine."""
    if not isinstance(url, str):
        return False
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and urlsplit(issuer).scheme == "http")

"""A small OIDC provider on loopback, over real HTTP: discovery, keys, authorize, token.

It logs in whoever the test says, at once, and holds the program that asks to the rules: registered
redirect, PKCE by S256, a code once and with its verifier, the client's secret. `lie` changes what
it says of somebody, so that a test can be a dishonest one.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "dihedral", "a secret: with+signs/of%its own"
Claims = dict[str, Any]


@dataclass
class Provider:
    """`who` are the claims of the person at its keyboard."""

    issuer: str
    redirect: str
    who: Claims = field(default_factory=dict)
    lie: Callable[[Claims], Claims] = lambda claims: claims
    forge: Callable[[Claims], str] | None = None
    alg: str = "RS256"
    more: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    keys: dict[str, RSAKey | ECKey] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        self.keys = {
            "RS256": RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)}),
            "ES256": ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)}),
        }

    def document(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            **self.more,
        }

    def jwks(self) -> Claims:
        keys = [key.as_dict(private=False) for key in self.keys.values()]
        return {"keys": [*keys, {"kty": "oct", "k": "AAAA", "kid": "one-that-no-one-should-take"}]}

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Where the browser goes next; empty for what is not taken."""
        self.asked.append(asked)
        fine = (
            asked.get("response_type") == "code"
            and asked.get("client_id") == CLIENT
            and asked.get("redirect_uri") == self.redirect
            and asked.get("code_challenge_method") == "S256"
            and len(asked.get("code_challenge", "")) == 43
            and "openid" in asked.get("scope", "").split()
            and asked.get("state")
        )
        if not fine:
            return ""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{self.redirect}?{urlencode(answer)}"

    def token(self, form: Mapping[str, str], basic: str) -> tuple[int, Claims]:
        name, _, secret = base64.b64decode(basic).decode().partition(":")
        if (unquote(name), unquote(secret)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)  # once
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self.signed(asked)}

    def signed(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        claims = self.lie(
            {
                "iss": self.issuer,
                "aud": CLIENT,
                "iat": now,
                "exp": now + 300,
                "nonce": asked.get("nonce", ""),
                **self.who,
            }
        )
        if self.forge:
            return self.forge(claims)
        key = self.keys[self.alg]
        return jwt.encode({"alg": self.alg, "kid": key.kid}, claims, key)


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._say(200, self.provider.document())
        elif parts.path == "/keys":
            self._say(200, self.provider.jwks())
        elif parts.path == "/authorize":
            to = self.provider.authorize(_flat(parts.query))
            self._say(303 if to else 400, {}, to)
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        basic = self.headers.get("authorization", "").removeprefix("Basic ")
        self._say(*self.provider.token(_flat(body), basic))

    def _say(self, status: int, body: Claims, to: str = "") -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _flat(text: str) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(text).items()}


@contextmanager
def running(redirect: str) -> Iterator[Provider]:
    """One for which `redirect` is registered."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = f"http://127.0.0.1:{server.server_address[1]}"
        Handler.provider = Provider(issuer, redirect)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Handler.provider
        server.shutdown()

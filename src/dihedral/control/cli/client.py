"""The commands' end of the HTTP API. They have no other door."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dihedral import __version__
from dihedral.control.cli.failure import FAULT, REFUSED, Failure
from dihedral.control.discovery import Server


class Client:
    def __init__(self, server: Server, actor: str) -> None:
        parts = urlsplit(server.url)
        if parts.scheme != "http" or not parts.hostname:
            said = f"{server.url!r} is no server's address"
            raise Failure(f"{said}; it looks like http://127.0.0.1:7370")
        self.url = server.url.rstrip("/")
        self._token = server.token
        self._place = (parts.hostname, parts.port or 80)
        self._actor = actor

    def get(self, *path: str, **query: object) -> bytes:
        return self.call("GET", path, query)

    def post(self, *path: str, body: object = None) -> bytes:
        return self.call("POST", path, {}, _json(body))

    def put(self, *path: str, body: object) -> bytes:
        return self.call("PUT", path, {}, _json(body))

    def patch(self, *path: str, body: object) -> bytes:
        return self.call("PATCH", path, {}, _json(body))

    def delete(self, *path: str, **query: object) -> bytes:
        return self.call("DELETE", path, query)

    def send(
        self, path: tuple[str, ...], query: Mapping[str, object], content: tuple[str, bytes]
    ) -> bytes:
        """A body that is not JSON: its media type and its bytes."""
        return self.call("POST", path, query, content, patience=120.0)

    def call(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, object],
        content: tuple[str, bytes] | None = None,
        patience: float = 30.0,
    ) -> bytes:
        """The answer's own bytes. Raises Failure for a fault, and when nobody answers."""
        headers = {"User-Agent": f"dihedral/{__version__}"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._actor:
            headers["Dihedral-Actor"] = self._actor
        if content:
            headers["Content-Type"] = content[0]
        whole = path if path[0] == ".well-known" else ("v1", *path)
        target = "/" + "/".join(quote(part, safe="") for part in whole)
        if given := {k: _plain(v) for k, v in query.items() if v is not None}:
            target += "?" + urlencode(given)
        line = http.client.HTTPConnection(*self._place, timeout=patience)
        try:
            line.request(method, target, content[1] if content else None, headers)
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as cause:
            raise Failure(
                f"the server at {self.url} does not answer: {cause or type(cause).__name__};"
                " see that it runs, or start it with `dihedral up`",
                code="unavailable",
            ) from cause
        finally:
            line.close()
        if answer.status >= 400:
            raise _failure(answer.status, text)
        return text


def _failure(status: int, text: bytes) -> Failure:
    try:
        problem: Any = json.loads(text)
        refused = {"forbidden": REFUSED}.get(problem["code"], FAULT)
        return Failure(problem["detail"], refused, problem["code"])
    except (ValueError, KeyError, TypeError):
        return Failure(f"the server answered {status}: {text[:200].decode(errors='replace')}")


def _json(body: object) -> tuple[str, bytes] | None:
    return None if body is None else ("application/json", json.dumps(body).encode())


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

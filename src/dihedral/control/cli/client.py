"""The commands' end of the HTTP API. They have no other door."""

import http.client
import json
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dihedral import __version__
from dihedral.control.cli.failure import FAULT, REFUSED, Failure
from dihedral.control.discovery import Server

TOO_MANY = 429
PATIENT = 60.0  # seconds that a command waits in all when it is told that it asks too often
NEAR = ("localhost", "127.0.0.1", "::1")  # where a token may go in the clear


class Client:
    """`ca` is a file of CAs to trust beside those of the system."""

    def __init__(self, server: Server, actor: str, ca: Path | None = None) -> None:
        parts = urlsplit(server.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            said = f"{server.url!r} is no server's address"
            raise Failure(f"{said}; it looks like https://dihedral.example")
        if parts.scheme == "http" and parts.hostname not in NEAR:
            raise Failure(f"{server.url} would send your token in the clear; it takes https://")
        self.url = server.url.rstrip("/")
        self._token = server.token
        self._host, self._port = parts.hostname, parts.port
        self._trust = _trust(ca) if parts.scheme == "https" else None
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

    def events(self, *path: str, **query: object) -> Iterator[tuple[str, str, Any]]:
        """Server-sent events as they come: kind, id, and what it is. Ends with the line; who wants
        more comes back with the last id. Raises Failure."""
        target, headers = self._target(path, query), self._headers(None)
        line = self._line(PATIENT)
        try:
            line.request("GET", target, None, dict(headers))
            answer = line.getresponse()
            if answer.status >= 400:
                raise _failure(answer.status, answer.read())
            yield from _events(answer)
        except (OSError, http.client.HTTPException) as cause:
            raise self._away(cause) from cause
        finally:
            line.close()

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
        headers, target = self._headers(content), self._target(path, query)
        body, left = content[1] if content else None, PATIENT
        while True:
            status, pause, text = self._once(method, target, body, headers, patience)
            if status != TOO_MANY or pause > left:
                break
            left -= pause
            time.sleep(pause)
        if status >= 400:
            raise _failure(status, text)
        return text

    def _once(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
        patience: float,
    ) -> tuple[int, float, bytes]:
        """The status, the seconds after which to come back, and the answer's bytes."""
        line = self._line(patience)
        try:
            line.request(method, target, body, dict(headers))
            answer = line.getresponse()
            return answer.status, _pause(answer.headers.get("Retry-After", "")), answer.read()
        except ssl.SSLCertVerificationError as cause:
            raise Failure(
                f"the certificate of {self.url} is not trusted: {cause.verify_message};"
                " DIHEDRAL_CA names a file of the CA that it is of"
            ) from cause
        except (OSError, http.client.HTTPException) as cause:
            raise self._away(cause) from cause
        finally:
            line.close()

    def _headers(self, content: tuple[str, bytes] | None) -> dict[str, str]:
        headers = {"User-Agent": f"dihedral/{__version__}"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._actor:
            headers["Dihedral-Actor"] = self._actor
        if content:
            headers["Content-Type"] = content[0]
        return headers

    def _target(self, path: tuple[str, ...], query: Mapping[str, object]) -> str:
        whole = path if path[0] == ".well-known" else ("v1", *path)
        target = "/" + "/".join(quote(part, safe="") for part in whole)
        if given := {k: _plain(v) for k, v in query.items() if v is not None}:
            target += "?" + urlencode(given)
        return target

    def _away(self, cause: Exception) -> Failure:
        return Failure(
            f"the server at {self.url} does not answer: {cause or type(cause).__name__};"
            " see that it runs, or start it with `dihedral up`",
            code="unavailable",
        )

    def _line(self, patience: float) -> http.client.HTTPConnection:
        if self._trust is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=patience)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=patience, context=self._trust
        )


def _trust(ca: Path | None) -> ssl.SSLContext:
    found = ssl.create_default_context()
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca is not None:
            found.load_verify_locations(ca)
    except (OSError, ssl.SSLError) as cause:
        raise Failure(f"DIHEDRAL_CA={ca} cannot be read: {cause.strerror or cause}") from cause
    return found


def _pause(said: str) -> float:
    """Seconds; a server that does not say is given one."""
    return float(max(1, int(said))) if said.isascii() and said.isdigit() else 1.0


def _failure(status: int, text: bytes) -> Failure:
    try:
        problem: Any = json.loads(text)
        refused = {"forbidden": REFUSED}.get(problem["code"], FAULT)
        return Failure(problem["detail"], refused, problem["code"])
    except (ValueError, KeyError, TypeError):
        return Failure(f"the server answered {status}: {text[:200].decode(errors='replace')}")


def _json(body: object) -> tuple[str, bytes] | None:
    return None if body is None else ("application/json", json.dumps(body).encode())


def _events(lines: Iterable[bytes]) -> Iterator[tuple[str, str, Any]]:
    """Each event; what is between them only says that the line is there."""
    told: dict[str, str] = {}
    for line in lines:
        name, _, text = line.decode().rstrip("\r\n").partition(": ")
        if name:
            told[name] = text
        elif "data" in told:
            yield told.get("event", ""), told.get("id", ""), json.loads(told["data"])
            told = {}


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

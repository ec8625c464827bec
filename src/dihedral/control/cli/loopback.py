"""Where a command waits for its browser: one port of this machine, for one answer.

Source  RFC 8252 §7.3 and §8.3: a port that the system chooses, on 127.0.0.1 and not `localhost`.
"""

import hmac
import secrets
import socket
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from dihedral.control.cli.failure import REFUSED, Failure

PATIENCE = 300.0  # seconds for a person
STEP = 1.0  # seconds that one connection may hold up the others
TEXT = "<!doctype html><meta charset=utf-8><title>Dihedral</title><p>{said}</p>"


class Waiting(HTTPServer):
    """`state` tells our own answer from whatever else calls the port."""

    allow_reuse_address = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.state = secrets.token_urlsafe(16)
        self.timeout = STEP
        self.code = ""
        self.denied = False

    def page(self, server: str, challenge: str) -> str:
        """What the browser opens."""
        asked = {
            "port": self.server_address[1],
            "challenge": challenge,
            "state": self.state,
            "name": socket.gethostname()[:100] or "this machine",
        }
        return f"{server}/login/cli?{urlencode(asked)}"

    def answer(self) -> str:
        """The code. Raises Failure."""
        end = time.monotonic() + PATIENCE
        while not self.code and not self.denied:
            if time.monotonic() > end:
                raise Failure("nobody answered in the browser; run `dihedral login` again")
            self.handle_request()
        if self.denied:
            raise Failure("the browser said no; nothing is kept", REFUSED)
        return self.code

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever called and hung up is nobody that we wait for."""


class _Answer(BaseHTTPRequestHandler):
    server: Waiting
    timeout = STEP

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        state = asked.get("state", [""])[-1]
        if not hmac.compare_digest(state.encode(), self.server.state.encode()):
            return self._say(400, "This is not the login that the command waits for.")
        self.server.code = asked.get("code", [""])[-1]
        self.server.denied = not self.server.code
        said = "The command is not let in." if self.server.denied else "The command is let in."
        self._say(200, f"{said} You can close this page.")

    def log_message(self, format: str, *args: object) -> None:
        """The address has a code in it."""

    def _say(self, status: int, said: str) -> None:
        body = TEXT.format(said=said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

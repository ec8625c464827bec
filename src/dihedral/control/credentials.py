"""What `dihedral login` keeps: a token for each server, in a file that only this user reads."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dihedral.control.discovery import Server
from dihedral.domain.errors import Invalid

NAME = "credentials.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """Tokens by server; `last` is where somebody logged in last, which commands talk to where
    nothing says otherwise."""

    last: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)


def known(data: Path, url: str, token: str = "") -> Server:
    """A server with the token that lets this user in, if there is one. `token` wins."""
    url = url.rstrip("/")
    return Server(url, token or read(data).tokens.get(url, ""))


def default(data: Path) -> Server | None:
    """Where somebody logged in last."""
    kept = read(data)
    return Server(kept.last, kept.tokens[kept.last]) if kept.last in kept.tokens else None


def keep(data: Path, server: Server) -> Path:
    """In the file, which it says where it is."""
    kept = read(data)
    url = server.url.rstrip("/")
    return _write(data, Kept(url, {**kept.tokens, url: server.token}))


def drop(data: Path, url: str) -> None:
    kept = read(data)
    tokens = {one: token for one, token in kept.tokens.items() if one != url.rstrip("/")}
    last = kept.last if kept.last in tokens else next(iter(tokens), "")
    _write(data, replace(kept, last=last, tokens=tokens))


def read(data: Path) -> Kept:
    """Raises Invalid for a file that is not ours."""
    path = data / NAME
    try:
        found: Any = json.loads(path.read_text("utf-8"))
        tokens = {str(url): str(one["token"]) for url, one in found["servers"].items()}
        return Kept(str(found["last"]), tokens)
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise Invalid(f"{path} cannot be read; remove it, and log in again") from cause


def _write(data: Path, kept: Kept) -> Path:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, fresh = data / NAME, data / f"{NAME}.{os.getpid()}"
    servers = {url: {"token": token} for url, token in kept.tokens.items()}
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"last": kept.last, "servers": servers}, file, indent=2)
    fresh.replace(path)
    return path

"""Which providers the simulator knows: those that came with it, and those that were added.

Shape   HOME/providers/HOST/NAMESPACE/TYPE/{about.json,schema.json,facts.json} for what was added;
        HOME/built/DIGEST.sim for what was made of them, named by all that went in, so that it may
        be removed at any time. An added provider hides the one of the same address that came along.
"""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dihedral.simulator import build
from dihedral.simulator.store import Store

HOST = "registry.terraform.io"
KNOWN = Path(__file__).parent / "known"
ANY_VERSION = "99.0.0"  # where nobody said: newer than any constraint asks for


class About(msgspec.Struct, frozen=True):
    address: str
    version: str
    digest: str
    added: bool = False


@dataclass(frozen=True)
class Home:
    path: Path
    stores: dict[str, Store] = field(default_factory=dict, repr=False)  # opened once per process
    _texts: dict[str, bytes] = field(default_factory=dict, repr=False)

    def known(self) -> dict[str, About]:
        """Every known provider, by address."""
        came = [f"{HOST}/hashicorp/{path.stem}" for path in sorted(KNOWN.glob("*.txt"))]
        added = sorted(self.path.glob("providers/*/*/*/about.json"))
        paths = [path.parent.relative_to(self.path / "providers").as_posix() for path in added]
        return {address: self.about(address) for address in dict.fromkeys([*came, *paths])}

    def about(self, address: str) -> About:
        """Raises LookupError when the provider is not known."""
        path = self._folder(address) / "about.json"
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=About)
        text = self._notation(address)
        if text:
            return About(address, version_of(text), hashlib.sha256(text).hexdigest())
        raise LookupError(
            f"the simulator does not know {address}; see what it knows with"
            " `python -m dihedral.simulator list`"
        )

    def _notation(self, address: str) -> bytes:
        """The notation of a provider that came along; of others there is none."""
        if address not in self._texts:
            name = address.removeprefix(f"{HOST}/hashicorp/")
            path = KNOWN / f"{name}.txt"
            self._texts[address] = path.read_bytes() if "/" not in name and path.exists() else b""
        return self._texts[address]

    def store(self, address: str) -> Store:
        """Built at first use, then read. Raises LookupError, or ValueError on a broken schema."""
        about = self.about(address)
        built_in = self._notation(address)
        name = hashlib.sha256(build.MAGIC + about.digest.encode() + built_in).hexdigest()[:32]
        if name not in self.stores:
            path = self.path / "built" / f"{name}.sim"
            if not path.exists():
                schema, facts = self._read(about, built_in)
                build.write(address, schema, facts, path)
            self.stores[name] = Store(path)
        return self.stores[name]

    def _read(self, about: About, built_in: bytes) -> tuple[build.Source, dict[str, Any]]:
        schema, facts = _notated(built_in)
        if not about.added:
            return build.source(schema), facts
        folder = self._folder(about.address)
        source = build.source((folder / "schema.json").read_bytes())
        if not bytes(source.provider_meta) and "provider_meta" in schema:
            source.provider_meta = build.source(schema).provider_meta
        if not source.functions and "functions" in schema:
            source.functions = build.source(schema).functions
        own = msgspec.json.decode((folder / "facts.json").read_bytes())
        return source, {
            name: {**facts.get(name, {}), **own.get(name, {})} for name in {**facts, **own}
        }

    def add(self, address: str, version: str, schema: bytes, facts: bytes) -> Store:
        """Keeps a provider whole, or not at all. Raises ValueError when it cannot be served."""
        digest = hashlib.sha256(schema + b"\0" + facts).hexdigest()
        about = About(address, version, digest, added=True)
        folder = self._folder(address)
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
        try:
            (fresh / "schema.json").write_bytes(schema)
            (fresh / "facts.json").write_bytes(facts)
            (fresh / "about.json").write_bytes(msgspec.json.encode(about))
            build.compiled(address, build.source(schema), {})  # refuses what could not be served
            _swap(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return self.store(address)

    def remove(self, address: str) -> None:
        """Forgets an added provider. Raises LookupError when there is none of that address."""
        if not self.about(address).added:
            raise LookupError(f"{address} came with the simulator and cannot be removed")
        shutil.rmtree(self._folder(address))

    def _folder(self, address: str) -> Path:
        return self.path / "providers" / address


def _swap(fresh: Path, folder: Path) -> None:
    """Puts `fresh` in the place of `folder`. A reader sees the old one, for a moment none, or the
    new one, but never a half: a full directory cannot be renamed onto."""
    while True:
        try:
            os.rename(fresh, folder)
        except OSError:
            if not folder.exists():
                raise
            shutil.rmtree(folder, ignore_errors=True)
        else:
            return


def _notated(text: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    if not text:
        return {}, {}
    from dihedral.simulator import notation

    return notation.read(text.decode())


def version_of(text: bytes) -> str:
    """The version that a notation's head states."""
    head = re.search(rb"^provider \S+ (\S+)", text, re.MULTILINE)
    return head[1].decode() if head else ANY_VERSION


def full(name: str) -> str:
    """A provider's address with its host. Raises ValueError when it is none."""
    parts = name.split("/")
    parts = [HOST, *parts] if len(parts) == 2 else parts
    if len(parts) != 3 or not all(part and part.strip(".") for part in parts):
        raise ValueError(f"{name} is no provider address; write it as hashicorp/aws")
    return "/".join(parts)


def default(stated: str | None, environment: Mapping[str, str]) -> Home:
    """Where the simulator keeps things: as stated, else DIHEDRAL_SIMULATOR_HOME, else the user's
    own data directory."""
    found = stated or environment.get("DIHEDRAL_SIMULATOR_HOME")
    return Home(Path(found).absolute() if found else _user_data(environment))


def _user_data(environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        root = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library/Application Support"
    else:
        root = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return root / "dihedral" / "simulator"


def levels(store: Store) -> Iterator[tuple[str, str, str]]:
    """Every type as (kind, name, how well it is known)."""
    for key in store.index.types:
        kind, _, name = key.partition(":")
        if name:
            yield kind, name, level(store, kind, name)


def level(store: Store, kind: str, name: str) -> str:
    """`modelled` by facts, known only by its `schema`, or `rough`: the real provider does more."""
    return store.facts(name if kind == "resource" else f"{kind}.{name}").level

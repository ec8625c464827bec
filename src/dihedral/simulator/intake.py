"""New providers: from the output of `terraform providers schema -json`, or fetched by it."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dihedral.simulator.build import compiled, source
from dihedral.simulator.facts import Facts
from dihedral.simulator.home import Home, full

ASK = "terraform providers schema -json"
MINUTES = 60  # a provider is some hundred megabytes


class Dump(msgspec.Struct):
    provider_schemas: dict[str, msgspec.Raw]


def add(home: Home, schema: bytes, facts: bytes, version: str) -> list[str]:
    """Adds every provider of a dump, all or none, and gives their addresses.

    Raises ValueError when the dump or the facts cannot be used.
    """
    found = _providers(schema)
    _facts(facts)
    for address, raw in found.items():
        try:
            compiled(address, source(raw), {})
        except ValueError as cause:
            raise ValueError(f"{address}: {cause}") from cause
    for address, raw in found.items():
        home.add(address, version, raw, facts)
    return list(found)


def _providers(schema: bytes) -> dict[str, bytes]:
    try:
        dump = msgspec.json.decode(schema, type=Dump)
    except msgspec.MsgspecError as cause:
        raise ValueError(f"this is not the output of `{ASK}`: {cause}") from cause
    if not dump.provider_schemas:
        raise ValueError(f"no provider is in it; run `{ASK}` in a directory that uses one")
    return {full(address): bytes(raw) for address, raw in dump.provider_schemas.items()}


def _facts(facts: bytes) -> None:
    try:
        msgspec.json.decode(facts, type=dict[str, Facts])
    except msgspec.MsgspecError as cause:
        raise ValueError(f"the facts cannot be used: {cause}") from cause


def fetch(address: str, version: str, environment: Mapping[str, str]) -> bytes:
    """The schema of a published provider, by the user's own Terraform. Raises ValueError."""
    with tempfile.TemporaryDirectory(prefix="dihedral-schema-") as folder:
        constraint = {"version": version} if version else {}
        wanted: Any = {"source": address, **constraint}
        text = msgspec.json.encode({"terraform": {"required_providers": {"wanted": wanted}}})
        (Path(folder) / "main.tf.json").write_bytes(text)
        clean = {k: v for k, v in environment.items() if k != "TF_REATTACH_PROVIDERS"}
        if not Path(clean.get("TF_CLI_CONFIG_FILE", os.devnull)).exists():
            clean.pop("TF_CLI_CONFIG_FILE")
        _terraform(["init", "-input=false", "-no-color"], folder, clean)
        return _terraform(["providers", "schema", "-json"], folder, clean)


def _terraform(words: list[str], folder: str, environment: Mapping[str, str]) -> bytes:
    program = environment.get("DIHEDRAL_TERRAFORM", "terraform")
    try:
        done = subprocess.run(
            [program, *words],
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            timeout=MINUTES * 60,
            check=False,
        )
    except FileNotFoundError:
        raise ValueError(f"{program} is not installed; add a file instead: `{ASK}`") from None
    except subprocess.TimeoutExpired:
        raise ValueError(f"`{program} {words[0]}` took more than {MINUTES} minutes") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise ValueError(
            f"`{program} {' '.join(words)}` failed; without a network, run `{ASK} > FILE` where"
            f" there is one and add FILE here. It said:\n{said}"
        )
    return done.stdout

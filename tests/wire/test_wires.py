"""The libraries of providers are there when they are first needed, and not before."""

import subprocess
import sys

import pytest

HEAVY = ("pydantic_ai", "pydantic", "openai", "anthropic", "boto3", "google.genai", "xllamacpp")
SHOW = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"


ASK = """
import asyncio
from dihedral.model.work.providers.faults import Down, Refused
from dihedral.domain.model import Wire
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, endpoint, question

async def ask():
    async with Wires() as wires:
        at = endpoint(Wire.OPENAI, "http://127.0.0.1:1")
        try:
            await wires(Wire.OPENAI).ask(at, SECRET, question(), None)
        except Down:
            pass
        except Refused as fault:
            print(fault)

asyncio.run(ask())
"""


def loaded(code: str) -> str:
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\n{SHOW}"], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "dihedral.control.app",
        "dihedral.control.cli.main",
        "dihedral.control.wire",
        "dihedral.model.work.providers.provider",
        "dihedral.model.work.providers.script",
    ],
)
def test_a_start_does_without_them(module: str) -> None:
    assert loaded(f"import {module}") == "[]"


def test_a_wire_brings_its_own() -> None:
    assert loaded(ASK) == "['pydantic_ai', 'pydantic', 'openai']"


@pytest.mark.parametrize(
    ("wire", "module"),
    [("bedrock", "botocore.session"), ("google", "google.genai"), ("local", "xllamacpp")],
)
def test_what_is_not_installed_says_how_to_get_it(wire: str, module: str) -> None:
    gone = f"import sys; sys.modules[{module!r}] = None\n"
    told = loaded(gone + ASK.replace("OPENAI", wire.upper()))
    assert f"pip install 'dihedral[{wire}]'" in told

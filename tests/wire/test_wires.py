"""The libraries of providers are there when they are first needed, and not before."""

import subprocess
import sys

import pytest

HEAVY = ("pydantic_ai", "pydantic", "openai", "anthropic", "boto3", "google.genai", "xllamacpp")
SHOW = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"


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
    code = (
        "from dihedral.domain.model import Wire\n"
        "from dihedral.model.work.providers.wires import Wires\n"
        "Wires()(Wire.OPENAI)"
    )
    assert "'openai'" in loaded(code) and "anthropic" not in loaded(code)

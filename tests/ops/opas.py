"""Directories with a program called `opa` in them."""

import sys
from pathlib import Path

from tests.ops import opa_program


def put(folder: Path) -> Path:
    """One of ours, which evaluates with regorus; see `opa_program`."""
    folder.mkdir()
    program = folder / "opa"
    program.write_text(f"#!{sys.executable} -I\n{Path(opa_program.__file__).read_text()}")
    program.chmod(0o755)
    return folder

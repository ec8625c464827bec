"""The settings as people read them: `dihedral settings` and `docs/settings.md`."""

import os
from collections.abc import Iterator
from dataclasses import Field, fields
from datetime import timedelta
from typing import Any

from dihedral.control import parse
from dihedral.control.settings import Settings
from dihedral.kit.log import Secret


def listed(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Each setting: its variable, its value as anyone may see it, its help."""
    for f in fields(settings):
        yield f.metadata["env"], shown(f, getattr(settings, f.name)), f.metadata["help"]


def shown(f: "Field[Any]", value: Any) -> str:
    if value in (None, "", ()):
        return str(f.metadata["said"]) or "none"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, bool):
        return "1" if value else "0"
    if f.metadata["read"] is parse.size:
        return f"{value / (1 << 20):g}MB"
    if isinstance(value, tuple):
        sign = os.pathsep if f.metadata["read"] is parse.paths else ","
        return sign.join(map(str, value))
    return repr(value) if isinstance(value, Secret) else str(value)


def document() -> str:
    """`docs/settings.md`."""
    rows = [
        f"| `{f.metadata['env']}` | {f.metadata['said'] or f'`{shown(f, f.default)}`'}"
        f" | {f.metadata['help']} |".replace("| `none` |", "| none |")
        for f in fields(Settings)
    ]
    head = (
        "# Settings\n\nPrinted from `src/dihedral/control/settings.py` by `dihedral settings"
        " --markdown`. Each is a variable of the environment;\n`dihedral settings` shows what"
        " holds now. A value that cannot be read stops the program, and names the variable.\n\n"
        "| variable | default | what it is |\n| --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n"

"""What the policies of a set say of themselves: the annotation at the head of each file.

`python -m dihedral.policies.catalogue` prints the table of `docs/policy-pack.md`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parent
SETS = ("general", "aws")
HEAD = re.compile(r"\A((?:#.*\n)+)package (\S+)\n")


@dataclass(frozen=True, slots=True)
class Policy:
    """`rules` are those of `deny` and `warn` that the file has; `unknown` is what it does with a
    value that only apply will tell."""

    id: str
    title: str
    why: str
    severity: str
    level: str
    unknown: str
    remedy: str
    checkov: tuple[str, ...]
    package: str
    rules: tuple[str, ...]


def read(directory: Path) -> tuple[Policy, ...]:
    """The policies of a set, by id; libraries and tests are left out."""
    found = (_policy(file.read_text()) for file in sources(directory))
    return tuple(sorted((one for one in found if one), key=lambda one: one.id))


def sources(directory: Path, *, tests: bool = False) -> Iterator[Path]:
    """The Rego files of a set, in the order of their names."""
    for file in sorted(directory.glob("*.rego")):
        if tests or not file.name.endswith("_test.rego"):
            yield file


def settings(directory: Path) -> dict[str, Any]:
    """What `data` holds for a set: its own settings."""
    kept: dict[str, Any] = yaml.safe_load((directory / "data.yaml").read_text())
    return kept


def table(policies: Iterable[Policy]) -> str:
    """Markdown, a row a policy."""
    rows = [
        "| id | severity | level | what | when it is not known | remedy |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in policies:
        cells = (f"`{one.id}`", one.severity, one.level, one.title, one.unknown, one.remedy)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _policy(source: str) -> Policy | None:
    head = HEAD.match(source)
    said = yaml.safe_load(_annotation(head[1])) if head else None
    if head is None or not said or "id" not in (custom := said.get("custom", {})):
        return None
    return Policy(
        id=custom["id"],
        title=said["title"],
        why=said["description"],
        severity=custom["severity"],
        level=custom["level"],
        unknown=custom["unknown"],
        remedy=custom["remedy"],
        checkov=tuple(custom.get("checkov", ())),
        package=f"data.{head[2]}",
        rules=tuple(r for r in ("deny", "warn") if re.search(rf"^{r} contains ", source, re.M)),
    )


def _annotation(comment: str) -> str:
    """The YAML of the block that begins with METADATA."""
    _, _, after = comment.partition("# METADATA\n")
    return "\n".join(line[2:] for line in after.splitlines())


if __name__ == "__main__":
    for name in SETS:
        print(f"## {name}\n\n{table(read(HOME / name))}")

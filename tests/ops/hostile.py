"""The hostile configurations of `tests/hostile`, and the table of what stopped each.

Shape   a directory GROUP/NAME; the first line of its `about.txt` says what it tries, the lines
        below how it is tried:
          needs: plain | shell | simulator | nothing   what Terraform has there; plain is Terraform
                                                       alone, and nothing means that it is not run
          proof: REGEX   what must be said, so that it was really tried; ends: REGEX the reason for
                         which it was ended. One of them where the sandbox is to stop it
          says: REGEX    what the log must show of it, harmless by then
          ways: both     in every kind of cage, not in one that goes by the name
          caps: NAME=NUMBER …   limits smaller than the usual ones; seconds=N for the time of each
                                step, apply=N for that of the apply
        `odd.json` holds files whose names or sizes no checkout should bear, path → text,
        {"parts": [[text, times], …]} or {"zip": {name: text}}, of programs. In all of them
        __KEY__, __PORT__ and the like stand for what a yard has (`tests.ops.yard`).
        `estate` is what exists before a case of the group `hide`.

`python -m tests.ops.hostile` tries all of them and writes the table anew.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio

from tests.ops.cells import WAYS

HERE = Path(__file__).parents[1] / "hostile"
TABLE = HERE / "table.txt"
ESTATE = HERE / "estate"
NO_PLAN = "no plan"
STOPS = (0, 32, 39, 48, 57, 64)  # where the columns of the table begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    tries: str = ""
    needs: str = "plain"
    proof: str = ""
    ends: str = ""
    says: str = ""
    ways: tuple[str, ...] = ()
    caps: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]

    @property
    def over(self) -> bool:
        """Whether it stands over the estate."""
        return self.group == "hide"

    @property
    def whole(self) -> dict[str, bytes]:
        """Its files, over those of the estate; one that is empty takes a file away."""
        found = {**(files(ESTATE) if self.over else {}), **self.files}
        return {path: text for path, text in found.items() if text}


@dataclass(frozen=True, slots=True)
class Row:
    """What stopped it: `deny` or `ask` by the guard and by the gates that read the plan, `holds` or
    `ends` by the sandbox, `clean` by the log. `-` is what did not, or was not asked to."""

    name: str
    guard: str
    sandbox: str
    plan: str
    log: str
    tries: str

    @property
    def stopped(self) -> bool:
        return bool({self.guard, self.sandbox, self.plan, self.log} - {"-", NO_PLAN})

    def __str__(self) -> str:
        cells = (self.name, self.guard, self.sandbox, self.plan, self.log)
        widths = (end - start for start, end in pairwise(STOPS))
        return "".join(f"{c:{w}}" for c, w in zip(cells, widths, strict=True)) + self.tries


HEAD = str(Row("name", "guard", "sandbox", "plan", "log", "what it tries"))


def names(*groups: str) -> list[str]:
    found = (p.parent.relative_to(HERE).as_posix() for p in HERE.glob("*/*/about.txt"))
    return sorted(name for name in found if not groups or name.partition("/")[0] in groups)


def load(name: str) -> Case:
    found = files(HERE / name)
    first, *rest = found.pop("about.txt").decode().splitlines()
    said = dict(line.split(": ", 1) for line in rest)
    odd = json.loads(found.pop("odd.json", b"{}"))
    mine = list(WAYS)[zlib.crc32(name.encode()) % len(WAYS)]
    return Case(
        name=name,
        tries=first,
        ways=tuple(WAYS) if said.pop("ways", "") else (mine,),
        caps={k: int(v) for k, v in (w.split("=") for w in said.pop("caps", "").split())},
        files=found | {path: _odd(text) for path, text in odd.items()},
        **said,
    )


def files(home: Path) -> dict[str, bytes]:
    found = (path for path in sorted(home.rglob("*")) if path.is_file())
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in found}


def table(rows: Iterable[Row]) -> str:
    return "\n".join([HEAD, *map(str, sorted(rows, key=lambda row: row.name)), ""])


def rows() -> list[Row]:
    """What the table says."""
    _, *lines = TABLE.read_text("utf-8").splitlines()
    return [Row(*(line[a:b].rstrip() for a, b in pairwise((*STOPS, len(line))))) for line in lines]


def counts(found: Iterable[Row]) -> dict[str, list[int]]:
    """Group → how many there are, and how many each of guard, sandbox, plan and log stopped."""
    groups: dict[str, list[int]] = {}
    for row in found:
        cells = [cell not in ("-", NO_PLAN) for cell in (row.guard, row.sandbox, row.plan, row.log)]
        before = groups.get(row.name.partition("/")[0], [0] * 5)
        groups[row.name.partition("/")[0]] = [
            n + m for n, m in zip(before, (1, *cells), strict=True)
        ]
    return groups


def _odd(said: Any) -> bytes:
    if isinstance(said, str):
        return said.encode()
    if "parts" in said:
        return b"".join(text.encode() * times for text, times in said["parts"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in said["zip"].items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o755 << 16
            archive.writestr(info, text)
    return packed.getvalue()


if __name__ == "__main__":
    from tests.ops import attempts

    TABLE.write_text(table(anyio.run(attempts.every, names())), "utf-8")

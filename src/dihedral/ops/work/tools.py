"""Which Terraform or OpenTofu there is, and which version it says it is.

Shape   a directory of `extra` holds programs by name and version, `terraform_1.11.4`, or by name
        alone; then come the directories of `path`.
Source  `terraform version -json`, field `terraform_version` (OpenTofu writes the same name).
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import msgspec

from dihedral.domain.errors import Invalid, Upstream
from dihedral.kit import process

NAMES = {"terraform": "Terraform", "tofu": "OpenTofu"}
LIMITS = process.Limits(seconds=20, grace=1, output=1 << 20)


@dataclass(frozen=True, slots=True)
class Tool:
    kind: str  # `terraform` or `tofu`
    program: Path
    version: str

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class _Version(msgspec.Struct):
    terraform_version: str


@dataclass(slots=True)
class Tools:
    """Lives as long as the worker. A version is asked for once, until the file changes."""

    path: str
    extra: Sequence[Path] = ()
    _versions: dict[tuple[str, int, int], str] = field(default_factory=dict)

    async def find(self, kind: str, version: str = "") -> Tool:
        """The first that fits. Raises Upstream when there is none, Invalid for another version."""
        there: list[Tool] = []
        broken: list[Upstream] = []
        for program in _candidates(kind, version, self.path, self.extra):
            try:
                tool = Tool(kind, program, await self._version(program))
            except Upstream as cause:
                broken.append(cause)
                continue
            if version in ("", tool.version):
                return tool
            there.append(tool)
        if there:
            raise Invalid(self._other(kind, version, there))
        raise broken[0] if broken else Upstream(self._missing(kind))

    async def _version(self, program: Path) -> str:
        stat = await anyio.Path(program).stat()
        key = (str(program), stat.st_mtime_ns, stat.st_size)
        if key not in self._versions:
            self._versions[key] = await _ask(program)
        return self._versions[key]

    def _missing(self, kind: str) -> str:
        return (
            f"{NAMES[kind]} is not on the PATH: install it so that `{kind} version` works"
            f"{self._place(kind, '1.11.4')}"
        )

    def _other(self, kind: str, version: str, there: Sequence[Tool]) -> str:
        have = ", ".join(f"{tool.version} ({tool.program})" for tool in there)
        return (
            f"the workspace asks for {NAMES[kind]} {version}, but here is only {have}: change the"
            f" workspace's version{self._place(kind, version)}"
        )

    def _place(self, kind: str, version: str) -> str:
        return (
            f", or put the program at {self.extra[0] / f'{kind}_{version}'}" if self.extra else ""
        )


def _candidates(kind: str, version: str, path: str, extra: Sequence[Path]) -> Iterator[Path]:
    for folder in extra:
        names = [f"{kind}_{version}"] if version else []
        for name in (*names, kind):
            if _runs(folder / name):
                yield folder / name
    for part in filter(os.path.isabs, path.split(os.pathsep)):
        if _runs(Path(part, kind)):
            yield Path(part, kind)


def _runs(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


async def _ask(program: Path) -> str:
    words = [str(program), "version", "-json"]
    env = {"PATH": "/usr/bin:/bin", "CHECKPOINT_DISABLE": "1", "HOME": "/nonexistent"}
    asked = process.Program(words=words, cwd=Path("/"), env=env)
    try:
        ended, said = await process.capture(asked, LIMITS)
        return msgspec.json.decode(said, type=_Version).terraform_version
    except OSError as cause:
        raise Upstream(f"{program} cannot be started: {cause.strerror}") from cause
    except msgspec.DecodeError as cause:
        why = ended.stderr_tail.strip() or f"exit code {ended.code}"
        raise Upstream(f"`{program} version -json` does not say a version: {why}") from cause

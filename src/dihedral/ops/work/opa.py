"""The `opa` program, run and bounded: no environment, no builtin that reaches out, and killed at
its limit.

What goes in and what comes out lies in memory, so that a plan is never written to a disk, and
neither can block the other. Bounds are set by a few lines of Python that then become the program.

Source  openpolicyagent.org/docs/cli (`opa eval`, `opa test`, `opa capabilities`),
        openpolicyagent.org/docs/management-bundles (`.manifest`: `file_rego_versions`),
        openpolicyagent.org/docs/deployments#capabilities. Seen with OPA 1.9.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec
from msgspec import Struct

from dihedral.domain.errors import Invalid
from dihedral.ops.work.rego import Limits

NAME = "opa"
Said = TypeVar("Said")
LONGEST = 16 << 20  # bytes that it may say at once
# what reaches out, or tells of this machine; parsing is what we ask it for, no policy does
FORBIDDEN = frozenset(("http.send", "net.lookup_ip_addr", "opa.runtime", "rego.parse_module"))
_BOUND = (
    "import os, resource as r, sys; m, s, f = map(int, sys.argv[1:4]);"
    " [r.setrlimit(w, (n, n)) for w, n in ((r.RLIMIT_DATA, m), (r.RLIMIT_CPU, s),"
    " (r.RLIMIT_FSIZE, f), (r.RLIMIT_CORE, 0))]; os.execv(sys.argv[4], sys.argv[4:])"
)


class Failed(Exception):
    """It said nothing that can be used; the text says why."""


class Place(Struct):
    file: str = ""
    row: int = 0
    col: int = 0


class Error(Struct):
    """What did not work; codes that begin with `eval_` come from the evaluation."""

    message: str = ""
    code: str = ""
    location: Place | None = None


class Expression(Struct):
    value: Any


class Row(Struct):
    expressions: tuple[Expression, ...]


class Told(Struct):
    """What `opa eval` says. `result` is None where it got nowhere."""

    errors: tuple[Error, ...] = ()
    result: tuple[Row, ...] | None = None

    def value(self) -> Any:
        """The value of the query. Raises Failed."""
        if not self.result or not self.result[0].expressions:
            raise Failed("it did not answer")
        return self.result[0].expressions[0].value


class Test(Struct):
    """What `opa test` says of one."""

    package: str
    name: str
    location: Place
    fail: bool = False
    skip: bool = False
    error: Error | None = None
    duration: int = 0  # nanoseconds


class Builtin(Struct):
    name: str


class Capable(Struct):
    builtins: tuple[Builtin, ...]


class Term(Struct):
    value: Any


class Package(Struct):
    path: tuple[Term, ...]


class Head(Struct):
    name: str = ""
    ref: tuple[Term, ...] = ()
    args: tuple[Any, ...] | None = None


class Rule(Struct):
    head: Head


class Module(Struct):
    """A file's syntax tree, as far as we read it."""

    package: Package
    rules: tuple[Rule, ...] | None = None


class Program:
    """One judgement's runs of it. All of them together end within the limits, from now on."""

    def __init__(self, limits: Limits, folder: Path, path: str | None = None) -> None:
        """It is looked for in `path`, else in PATH. Raises Failed where there is none."""
        self._limits, self.folder = limits, folder
        self._end, self._made = time.monotonic() + limits.seconds, 0
        found = shutil.which(NAME, path=path)
        if not found:
            raise Failed(f"{ABSENT}: install it, or unset DIHEDRAL_REGO")
        self._program = os.path.abspath(found)

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.0, self._end - time.monotonic())

    def fresh(self) -> Path:
        """Where a bundle can be made."""
        self._made += 1
        return self.folder / f"set{self._made}"

    def version(self) -> str:
        """Raises Failed."""
        line = self._said("version").partition(b"\n")[0].decode(errors="replace")
        return line.partition(":")[2].strip() or "of no version"

    def bounded(self) -> Path:
        """A file of what policies may call: all that this version has, but for FORBIDDEN.

        Raises Failed."""
        said = self._said("capabilities", "--current")
        names = [one.name for one in decoded(said, Capable).builtins]
        known = json.loads(said)
        kept = [b for b, n in zip(known["builtins"], names, strict=True) if n not in FORBIDDEN]
        path = self.folder / "capabilities.json"
        path.write_text(json.dumps({**known, "builtins": kept, "allow_net": []}))
        return path

    def evaluated(self, query: str, given: bytes, *words: str) -> Told:
        """What a query says, with `given` as its input. What a builtin could not do is among the
        errors, and undefined in the result. Raises Failed."""
        asked = ("eval", "--format", "json", "--show-builtin-errors", "--stdin-input")
        return decoded(self._said(*asked, *words, query, given=given), Told)

    def parsed(self, text: str) -> Module:
        """The syntax tree of a file of before 1.0. Raises Failed."""
        path = self.folder / "old.rego"
        path.write_text(text)
        words = ("parse", "--v0-compatible", "--format", "json", str(path))
        return decoded(self._said(*words), Module)

    def tested(self, *words: str) -> tuple[Test, ...]:
        """What each test says. Raises Failed."""
        limit = f"--timeout={max(1, round(self.left))}s"
        said = self._said("test", "--format", "json", limit, *words)
        return decoded(said, tuple[Test, ...])

    def _said(self, *words: str, given: bytes = b"") -> bytes:
        """Its stdout. That it ends with a status of its own may be what it has to say."""
        ours = f"{self.folder}/".encode()
        with _memory() as into, _memory() as out, _memory() as err:
            into.write(given)
            into.seek(0)
            why = self._run(words, into, out, err)
            for file in (out, err):
                file.seek(0)
            said, wrong = (file.read(LONGEST).replace(ours, b"") for file in (out, err))
            if why or not said.strip():
                raise Failed(why or _short(wrong) or "it said nothing")
        return said

    def _run(self, words: Sequence[str], into: IO[bytes], out: IO[bytes], err: IO[bytes]) -> str:
        """Why what it said is not to be used; empty when it ended by itself."""
        seconds = self._limits.seconds
        if not self.left:
            return f"it took longer than {seconds:g} s"
        bounds = map(str, (self._limits.memory, int(seconds) + 2, LONGEST))
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BOUND, *bounds, self._program, *words],
            stdin=into,
            stdout=out,
            stderr=err,
            env={},
            cwd=self.folder,
            start_new_session=True,
        )
        try:
            code = process.wait(self.left)
        except subprocess.TimeoutExpired:
            return f"it took longer than {seconds:g} s"
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return f"its process ended by {signal.Signals(-code).name}" if code < 0 else ""


ABSENT = f"the program {NAME} is not on the PATH"


def _memory() -> IO[bytes]:
    """A file that has no name; on Linux it is on no disk either."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("rego"), "w+b")
    return tempfile.TemporaryFile()


def decoded(said: bytes, kind: type[Said]) -> Said:
    """Raises Failed for what is not as the program says it."""
    try:
        return msgspec.json.decode(said, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise Failed(f"it does not speak as OPA does: {cause}: {_short(said)}") from None


def _short(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())[:500]


def bundle(folder: Path, files: Mapping[str, str], old: Sequence[str], data: Any) -> dict[str, str]:
    """A directory that it reads as one set. The files get names of ours, which map to theirs;
    those in `old` are Rego of before 1.0. Raises Invalid."""
    folder.mkdir()
    names = {f"f{at}.rego": name for at, name in enumerate(files)}
    for ours, theirs in names.items():
        (folder / ours).write_text(files[theirs])
    versions = {f"/{ours}": 0 for ours, theirs in names.items() if theirs in old}
    manifest = {"revision": "", "rego_version": 1, "file_rego_versions": versions}
    try:
        (folder / ".manifest").write_text(json.dumps(manifest))
        (folder / "data.json").write_text(json.dumps(data))
    except (TypeError, ValueError) as cause:
        raise Invalid(f"its data cannot be written as JSON: {cause}") from cause
    return names

"""What this machine has of what is needed, and how to mend what it lacks."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dihedral.control import discovery
from dihedral.control.cli import here
from dihedral.control.settings import Settings
from dihedral.domain.errors import Invalid

OLDEST, NEWEST = (3, 11), (3, 14)
TOOLS = {"terraform": "Terraform", "tofu": "OpenTofu"}
LOW, TOO_LOW = 2 << 30, 256 << 20  # bytes free
OK, WARN, FAIL = "ok", "warn", "fail"
PROC = "/proc/sys"
REFUSALS = {  # the kernel's setting, the value that refuses, and what to do about it
    "user/max_user_namespaces": (0, "`sysctl user.max_user_namespaces=15000`"),
    "kernel/unprivileged_userns_clone": (0, "`sysctl kernel.unprivileged_userns_clone=1`"),
    "kernel/apparmor_restrict_unprivileged_userns": (
        1, "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or an AppArmor profile with"
        " `userns,` for bwrap",
    ),
}  # fmt: skip
BARE = "DIHEDRAL_UNSANDBOXED=1 runs what people propose, not agents, without one"


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    state: str
    said: str
    mend: str = ""


def examine() -> Iterator[Line]:
    yield _python(sys.version_info[:3])
    try:
        settings = here.settings()
    except Invalid as cause:
        yield Line("settings", FAIL, str(cause), "set the variable right, or unset it")
        return
    yield Line("settings", OK, f"data in {settings.data}")
    yield from _tools(settings)
    yield _database(settings)
    yield _key(settings)
    yield _disk(settings.data)
    yield _simulator()
    yield from _sandbox(settings)
    yield _policy(settings)
    yield _port(settings)


def _python(version: tuple[int, ...]) -> Line:
    said = ".".join(map(str, version))
    if OLDEST <= version[:2] <= NEWEST:
        return Line("python", OK, said)
    return Line("python", FAIL, said, "use Python 3.11, 3.12, 3.13 or 3.14")


def _tools(settings: Settings) -> Iterator[Line]:
    """One of the two will do; that the other is missing is no fault."""
    path = os.pathsep.join([*map(str, settings.tools), os.environ.get("PATH", "")])
    there = {kind: program for kind in TOOLS if (program := shutil.which(kind, path=path))}
    for kind, program in there.items():
        yield _tool(kind, program)
    if not there:
        yield Line(
            "terraform", FAIL, "neither terraform nor tofu is on the PATH",
            "install Terraform or OpenTofu so that `terraform version` works, or name its"
            " directory in DIHEDRAL_TOOLS",
        )  # fmt: skip


def _tool(kind: str, program: str) -> Line:
    try:
        environ = {**os.environ, "CHECKPOINT_DISABLE": "1"}
        environ.pop("TF_CLI_CONFIG_FILE", None)
        words = [program, "version", "-json"]
        done = subprocess.run(words, capture_output=True, timeout=20, env=environ, check=False)
        version = json.loads(done.stdout)["terraform_version"]
    except (OSError, subprocess.TimeoutExpired) as cause:
        return Line(kind, FAIL, f"{program} does not run: {cause}", f"install {TOOLS[kind]} again")
    except (ValueError, KeyError, TypeError):
        why = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        said = f"{program} does not say a version: {why or f'exit code {done.returncode}'}"
        return Line(kind, FAIL, said, f"install {TOOLS[kind]} again")
    return Line(kind, OK, f"{version} ({program})")


def _database(settings: Settings) -> Line:
    from dihedral.kit import cluster, postgres
    from dihedral.kit.db import Unavailable, place

    try:
        if settings.database_url:
            import asyncio

            dsn = settings.database_url.reveal()
            asyncio.run(postgres.check(dsn))
            return Line("database", OK, f"the server at {place(dsn)}")
        found = cluster.programs()
    except Unavailable as cause:
        said, _, mend = str(cause).partition("; ")
        return Line("database", FAIL, said, mend)
    return Line("database", OK, f"embedded PostgreSQL {found.major}")


def _key(settings: Settings) -> Line:
    from dihedral.kit.blob import Keyring
    from dihedral.kit.key import NoKey

    try:
        if settings.key:
            return Line(
                "key", OK, f"from DIHEDRAL_KEY, id {Keyring.given(settings.key.reveal()).id}"
            )
        path = settings.key_path
        if path.exists():
            return Line("key", OK, f"{path}, id {Keyring.load(path).id}")
    except NoKey as cause:
        said, _, mend = str(cause).partition(": ")
        return Line("key", FAIL, said, mend)
    if (settings.data / "postgres").exists():
        return Line(
            "key", FAIL, f"{path} is gone, and there is a database that was sealed with it",
            "restore it from your backup; without it the data cannot be read",
        )  # fmt: skip
    return Line("key", OK, f"{path} is made at the first start")


def _disk(data: Path) -> Line:
    there = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / (1 << 30):.1f} GiB free at {there}"
    if not os.access(there, os.W_OK):
        return Line("disk", FAIL, f"{there} cannot be written", "name another: DIHEDRAL_DATA")
    mend = "make room, or name another place: DIHEDRAL_DATA"
    if free < TOO_LOW:
        return Line("disk", FAIL, said, mend)
    return Line("disk", WARN, said, mend) if free < LOW else Line("disk", OK, said)


def _simulator() -> Line:
    words = [sys.executable, "-m", "dihedral.simulator", "list", "--json"]
    mend = "see what `dihedral simulator list` says"
    try:
        done = subprocess.run(words, capture_output=True, timeout=30, check=False)
        providers = json.loads(done.stdout)
        types = sum(sum(provider["resources"].values()) for provider in providers)
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return Line("simulator", WARN, "it does not say what it knows", mend)
    return Line("simulator", OK, f"{types} resource types of {len(providers)} providers")


def _sandbox(settings: Settings) -> Iterator[Line]:
    """The cage in which Terraform runs, proven by starting one."""
    import asyncio

    from dihedral.ops.work import cages

    if sys.platform != "linux":
        yield Line("sandbox", WARN, f"{sys.platform} has none", f"run workers on Linux, or {BARE}")
        return
    found = asyncio.run(cages.find())
    if found.cage:
        yield Line("sandbox", OK, f"{found.cage.name}; one was started and ended")
        return
    bad = WARN if settings.unsandboxed else FAIL
    yield Line("sandbox", bad, f"none can be started: {found.refused}", _mend_sandbox())


def _mend_sandbox() -> str:
    """What this kernel says of itself that would explain it, and what is left to try else."""
    ways = [mend for name, (bad, mend) in REFUSALS.items() if _number(Path(PROC, name)) == bad]
    if not shutil.which("bwrap"):
        ways.append("install bubblewrap (`apt install bubblewrap`)")
    ways.append(
        "in a container allow it namespaces: `--security-opt seccomp=unconfined --security-opt"
        " systempaths=unconfined`"
    )
    return f"{'; or '.join(ways)}; or {BARE}"


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _policy(settings: Settings) -> Line:
    """Whether the engine that evaluates policies does what it must."""
    from dihedral.ops.work import policy, rego

    policies = policy.chosen(settings.rego)
    engine = policies.engine
    called = f"{engine.name} {engine.version()}".strip()
    why = rego.checked(engine, policies.limits)
    if why:
        said = f"the engine {called} is not to be believed, so policies deny: {why}"
        ours = "install Dihedral again"
        mend = "install OPA 1.0 or later, or unset DIHEDRAL_REGO" if engine.name == "opa" else ours
        return Line("policy", FAIL, said, mend)
    return Line("policy", OK, f"{called}; its canary does what it must")


def _port(settings: Settings) -> Line:
    try:
        return Line("server", OK, f"it runs: {discovery.find(settings.data).url}")
    except discovery.NotRunning:
        pass
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", settings.port))
        except OSError:
            mend = "use another: `dihedral up --port 0`, or DIHEDRAL_PORT"
            return Line("server", FAIL, f"port {settings.port} is taken by another program", mend)
    return Line("server", OK, f"not running; port {settings.port} is free for `dihedral up`")

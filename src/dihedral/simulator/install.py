"""A filesystem mirror from which the real Terraform installs the simulator as its providers."""

import os
import platform
import shlex
import sys
import tempfile
from pathlib import Path

from dihedral.simulator.home import HOST, Home
from dihedral.simulator.host import OPENTOFU

SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows"}
MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
# Versions that people's constraints ask for; all of them are the one that is known.
USUAL = {
    "hashicorp/aws": ("3.76.1", "4.67.0", "5.100.0"),
    "hashicorp/azurerm": ("3.117.1",),
    "hashicorp/google": ("4.85.0", "5.45.2"),
    "hashicorp/random": ("2.3.4", "3.6.3"),
    "hashicorp/null": ("2.1.2", "3.2.3"),
    "hashicorp/local": ("1.4.0", "2.5.2"),
    "hashicorp/tls": ("3.4.0", "4.0.6"),
    "hashicorp/time": ("0.7.2", "0.12.1"),
}


def install(home: Home, directory: Path) -> Path:
    """Writes the mirror and `terraform.rc`, and gives the path of the latter. Raises OSError."""
    mirror = directory.absolute() / "mirror"
    for address, about in home.known().items():
        home.store(address)  # built now, so that the first plan does not wait
        host, _, short = address.partition("/")
        hosts = (HOST, OPENTOFU) if host == HOST else (host,)
        for version in {about.version, *USUAL.get(short, ("1.0.0",))}:
            for each in hosts:
                _launcher(mirror / each / short / version / target(), version, address, home)
    rc = directory.absolute() / "terraform.rc"
    _write(rc, _RC.format(mirror=str(mirror).replace("\\", "/").replace('"', '\\"')), 0o644)
    return rc


_RC = """provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
disable_checkpoint = true
"""


def target() -> str:
    """This machine, in Terraform's words: linux_amd64."""
    machine = platform.machine()
    return f"{SYSTEMS.get(sys.platform, sys.platform)}_{MACHINES.get(machine, machine)}"


def _launcher(folder: Path, version: str, address: str, home: Home) -> None:
    name = f"terraform-provider-{address.rpartition('/')[2]}_v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / name, script(address, home), 0o755)


def script(address: str, home: Home) -> str:
    """Starts this interpreter on this package, whatever directory Terraform runs in: isolated (-I),
    so that nothing there or in the environment is imported in its place."""
    root = str(Path(__file__).resolve().parents[2])
    start = (
        f"import sys; sys.path.insert(0, {root!r}); "
        "from dihedral.simulator.__main__ import main; sys.exit(main())"
    )
    words = [sys.executable, "-I", "-c", start, "provide", address, "--home", str(home.path)]
    return "#!/bin/sh\nexec " + shlex.join(words) + "\n"


def _write(path: Path, text: str, mode: int) -> None:
    """Atomic, since a Terraform may be starting what stands there."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(name, mode)
    os.replace(name, path)

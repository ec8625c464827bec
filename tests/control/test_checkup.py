"""What `dihedral doctor` says of the sandbox, here and where the kernel refuses."""

import subprocess
import sys
from pathlib import Path

from dihedral.control.cli import checkup
from dihedral.control.settings import Settings

CODE = """
import sys
from pathlib import Path
from dihedral.control.cli import checkup
from dihedral.control.settings import Settings
Path("/proc/sys/user/max_user_namespaces").write_text("0")
for unsandboxed in (False, True):
    (line,) = checkup._sandbox(Settings(unsandboxed=unsandboxed))
    print(line.state, "|", line.said, "|", line.mend)
"""


def test_the_doctor_starts_a_cage_and_says_which() -> None:
    (line,) = checkup._sandbox(Settings())
    assert line.state == "ok"
    assert line.said.endswith("; one was started and ended")


def test_where_the_kernel_refuses_the_doctor_says_what_to_change() -> None:
    """In a user namespace that may have none below it, so that this machine stays as it is."""
    words = ["unshare", "--user", "--map-root-user", sys.executable, "-c", CODE]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path("/"), check=True)
    refused, allowed = done.stdout.splitlines()
    assert refused.startswith("fail | none can be started: ") and allowed.startswith("warn | ")
    assert "no more namespaces may be made" in refused
    assert "`sysctl user.max_user_namespaces=15000`" in refused
    assert "DIHEDRAL_UNSANDBOXED=1" in refused

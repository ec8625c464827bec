"""The directory that one step of a run works in: fresh, private, and complete.

Shape   ROOT/config/…            the configuration; Terraform runs in its working directory, where
                                 .workspaces/ holds the outputs of other workspaces
        ROOT/plan.tfplan         the plan, stored or to be stored
        ROOT/variables.tfvars*   the workspace's variables, given with -var-file
        ROOT/terraform.rc        the only CLI configuration that Terraform reads
        ROOT/lock                held by everything that runs for it (`process.alive`)
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import msgspec

from dihedral.domain.errors import Invalid, Upstream
from dihedral.kit import archive, beneath
from dihedral.ops.rules import grants

LOCK_FILE = ".terraform.lock.hcl"
STATE = "terraform.tfstate"
_CONFIGURATION = re.compile(r"\.(tf|tf\.json|tofu|tofu\.json)$")
# what would change which program runs, or how, is never a workspace's to set
_KEPT = re.compile(r"(PATH|HOME|TMPDIR|TF_.*|LD_.*|DYLD_.*|CHECKPOINT_DISABLE)")
SOCKETS = 70  # characters; a plugin makes its unix socket in TMPDIR, and 108 is all it may have
RC = "disable_checkpoint = true\n"
NOWHERE = 'provider_installation {{\n  filesystem_mirror {{\n    path = "{}"\n  }}\n}}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a step starts from. `literals` are variables' strings, `expressions` are HCL.

    `state`, `plan` and `lock_file` are the bytes of those files, or None when there are none.
    `simulated`: no provider is ever installed; they are all reattached. `installation` says where
    else to install them from, as a `provider_installation` block of Terraform's CLI configuration.
    `lent` are the outputs of other workspaces, each as a state file.
    """

    files: Mapping[str, bytes] = field(repr=False)
    working_directory: str = ""
    literals: Mapping[str, str] = field(default_factory=dict, repr=False)
    expressions: Mapping[str, str] = field(default_factory=dict, repr=False)
    state: bytes | None = field(default=None, repr=False)
    plan: bytes | None = field(default=None, repr=False)
    lock_file: bytes | None = None
    simulated: bool = False
    installation: str = ""
    lent: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workdir:
    root: Path
    working_directory: str = ""

    @property
    def config(self) -> Path:
        return self.root / "config" / self.working_directory

    @property
    def plan(self) -> Path:
        return self.root / "plan.tfplan"

    @property
    def state(self) -> Path:
        return self.config / STATE

    @property
    def lock_file(self) -> Path:
        return self.config / LOCK_FILE

    @property
    def rc(self) -> Path:
        return self.root / "terraform.rc"

    @property
    def mirror(self) -> Path:
        """An empty one: where a simulated run looks for providers that are not reattached."""
        return self.root / "mirror"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def variables(self) -> tuple[Path, ...]:
        names = ("variables.tfvars.json", "variables.tfvars")
        return tuple(self.root / name for name in names if (self.root / name).exists())


def prepare(root: Path, contents: Contents) -> Workdir:
    """A fresh `root` with these contents; what was there before is removed.

    Raises Invalid when Terraform would find no configuration, Upstream when the disk refuses.
    """
    demand_configuration(contents.files, contents.working_directory)
    workdir = Workdir(root, contents.working_directory)
    try:
        remove(root)
        root.mkdir(parents=True, mode=0o700)
        archive.write({f"config/{name}": data for name, data in contents.files.items()}, root)
        archive.write(_ours(workdir, contents), root)
        workdir.mirror.mkdir(mode=0o700)
    except OSError as cause:
        shutil.rmtree(root, ignore_errors=True)  # half of it would only fill the disk
        raise _refused(root, cause) from cause
    return workdir


def remove(root: Path) -> None:
    """Also what others wrote into it; a directory that is not there is fine."""
    beneath.remove(root)


def demand_configuration(files: Mapping[str, bytes], working_directory: str) -> None:
    """Raises Invalid, and says where there is some, when the working directory holds none."""
    folders = {str(PurePosixPath(name).parent) for name in files if _CONFIGURATION.search(name)}
    if str(PurePosixPath(working_directory)) in folders:
        return
    if not folders:
        raise Invalid("there is no Terraform configuration: not one file ends in .tf or .tf.json")
    there = ", ".join(sorted(folder if folder != "." else "the top" for folder in folders))
    raise Invalid(
        f"no file in {working_directory or 'the top directory'} ends in .tf or .tf.json; there are"
        f" some in {there}: set the workspace's working directory"
    )


def environment(
    workdir: Workdir,
    variables: Mapping[str, str],
    *,
    cache: Path | None = None,
    reattach: str = "",
) -> dict[str, str]:
    """All that Terraform, its providers and provisioners see. Nothing of ours is inherited.

    `cache` is a plugin cache of this workspace's own, since Terraform's is not safe to share.
    Raises Invalid for a variable that would change which program runs.
    """
    for name in variables:
        if _KEPT.fullmatch(name):
            raise Invalid(f"{name} is set by Dihedral itself and cannot be a workspace's variable")
    ours = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(workdir.root),
        "TMPDIR": str(workdir.root) if len(str(workdir.root)) < SOCKETS else "/tmp",  # noqa: S108
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(workdir.rc),
    }
    if cache:
        ours |= {
            "TF_PLUGIN_CACHE_DIR": str(cache),
            # the lock file then knows this platform's hash only, which is all that we apply on
            "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1",
        }
    if reattach:
        ours["TF_REATTACH_PROVIDERS"] = reattach
    return {**variables, **ours}


def _ours(workdir: Workdir, contents: Contents) -> dict[str, bytes]:
    config = str(PurePosixPath("config", contents.working_directory))
    expressions = "".join(f"{key} = {text}\n" for key, text in contents.expressions.items())
    found: dict[str, bytes | None] = {
        f"{config}/{STATE}": contents.state,
        f"{config}/{LOCK_FILE}": contents.lock_file,
        workdir.plan.name: contents.plan,
        "variables.tfvars.json": msgspec.json.encode(contents.literals)
        if contents.literals
        else None,
        "variables.tfvars": expressions.encode() or None,
        workdir.rc.name: _rc(workdir, contents).encode(),
        workdir.lock.name: b"",
        **{f"{config}/{grants.lent(name)}": text for name, text in contents.lent.items()},
    }
    return {name: data for name, data in found.items() if data is not None}


def _rc(workdir: Workdir, contents: Contents) -> str:
    nowhere = NOWHERE.format(workdir.mirror)
    return RC + (nowhere if contents.simulated else contents.installation)


def _refused(root: Path, cause: OSError) -> Upstream:
    return Upstream(
        f"the run's directory {root} cannot be written: {cause.strerror};"
        " free some space or set another data directory"
    )

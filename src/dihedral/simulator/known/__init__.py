"""What the simulator knows out of the box: a file of notation for each provider.

Shape   the notation is described in `dihedral.simulator.notation`.
"""

from importlib import resources

from dihedral.simulator import notation
from dihedral.simulator.notation import Facts, Schema

HOST = "registry.terraform.io"
PROVIDERS = (
    "hashicorp/archive",
    "hashicorp/aws",
    "hashicorp/cloudinit",
    "hashicorp/external",
    "hashicorp/http",
    "hashicorp/local",
    "hashicorp/null",
    "hashicorp/random",
    "hashicorp/time",
    "hashicorp/tls",
)


def text(provider: str) -> str:
    """The notation of a provider named as in `PROVIDERS`. Raises LookupError."""
    if provider not in PROVIDERS:
        raise LookupError(f"the simulator does not know {provider} out of the box")
    name = provider.rpartition("/")[2]
    return resources.files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8")


def read(provider: str) -> tuple[Schema, Facts]:
    """The schema and the facts of a provider named as in `PROVIDERS`. Raises LookupError."""
    return notation.read(text(provider))

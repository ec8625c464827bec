"""Infracost as the estimator: the program of that name reads the plan, and its answer is ours.

It asks its own price server, so it needs a network and a key; whatever goes wrong leaves the cost
unknown, which asks a person. The plan lies in a directory of our own for as long as it runs.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dihedral.domain.change import Plan
from dihedral.domain.cost import Cost
from dihedral.domain.errors import Invalid
from dihedral.kit import process
from dihedral.kit.process import Limits, Program, Stream
from dihedral.ops.rules import infracost

NAME = infracost.NAME
SECONDS = 120.0
_MOST = 64 << 20
_PASSED = ("PATH", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Infracost:
    """`env` is all that the program gets."""

    program: str
    env: Mapping[str, str] = field(repr=False)
    seconds: float = SECONDS


def configured(environ: Mapping[str, str], program: str = "infracost") -> Infracost:
    """With its own variables, and those that a program needs to reach a server."""
    own = {k: v for k, v in environ.items() if k in _PASSED or k.startswith("INFRACOST_")}
    return Infracost(program, {**own, "INFRACOST_SKIP_UPDATE_CHECK": "true"})


async def estimate(tool: Infracost, plan_json: bytes, plan: Plan) -> Cost:
    """What it says; not known where it fails, in any way."""
    with tempfile.TemporaryDirectory(prefix="dihedral-cost-") as folder:
        path = Path(folder) / "plan.json"
        path.write_bytes(plan_json)
        words = (tool.program, "breakdown", "--path", str(path), "--format", "json", "--no-color")
        said: list[str] = []

        def hear(stream: Stream, line: str) -> None:
            if stream is Stream.OUT:
                said.append(line)

        limits = Limits(seconds=tool.seconds, grace=2, line=_MOST, output=_MOST)
        try:
            ended = await process.run(
                Program(words=words, cwd=Path(folder), env=tool.env), hear, limits
            )
        except OSError as cause:
            return infracost.failed(f"{tool.program} cannot be started ({cause.strerror})")
    if ended.code or ended.overflow:
        why = "it took too long" if ended.timed_out else ended.stderr_tail.strip()[-300:]
        return infracost.failed(f"it ended with {ended.code}: {why}")
    try:
        return infracost.read("\n".join(said).encode(), plan)
    except Invalid as fault:
        return infracost.failed(str(fault))

"""Finding Terraform: the one that is installed, and small programs that only tell a version."""

import os
from pathlib import Path

import pytest

from dihedral.domain.errors import Invalid, Upstream
from dihedral.ops.work.tools import Tools

pytestmark = pytest.mark.anyio


def program(path: Path, version: str) -> Path:
    """A program that says its version, and writes down each time that it is asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!/bin/sh\necho asked >> {path}.log\n"
        f"""echo '{{"terraform_version": "{version}", "platform": "linux_amd64"}}'\n"""
    )
    path.chmod(0o755)
    return path


async def test_the_installed_one_tells_its_version() -> None:
    tool = await Tools(os.environ["PATH"]).find("terraform")
    assert tool.version.count(".") == 2
    assert str(tool) == f"terraform {tool.version}"


async def test_the_first_that_fits_wins_and_a_place_of_our_own_comes_first(tmp_path: Path) -> None:
    program(tmp_path / "bin/terraform", "1.9.0")
    own = program(tmp_path / "tools/terraform_1.11.4", "1.11.4")
    tools = Tools(str(tmp_path / "bin"), [tmp_path / "tools"])
    assert (await tools.find("terraform")).version == "1.9.0"
    assert (await tools.find("terraform", "1.11.4")).program == own
    assert (await tools.find("terraform", "1.9.0")).program == tmp_path / "bin/terraform"


async def test_a_version_is_asked_for_once_until_the_program_changes(tmp_path: Path) -> None:
    path = program(tmp_path / "terraform", "1.9.0")
    tools = Tools(str(tmp_path))
    for _ in range(3):
        await tools.find("terraform")
    assert Path(f"{path}.log").read_text().count("asked") == 1
    program(path, "1.10.0")
    assert (await tools.find("terraform")).version == "1.10.0"


async def test_a_missing_one_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Upstream, match=r"OpenTofu is not on the PATH: install it.*tools/tofu_1"):
        await Tools(str(tmp_path), [tmp_path / "tools"]).find("tofu")


async def test_another_version_says_what_is_there_and_where_to_put_one(tmp_path: Path) -> None:
    program(tmp_path / "terraform", "1.9.0")
    with pytest.raises(Invalid) as caught:
        await Tools(str(tmp_path), [tmp_path / "tools"]).find("terraform", "1.11.4")
    assert str(caught.value) == (
        f"the workspace asks for Terraform 1.11.4, but here is only 1.9.0 ({tmp_path}/terraform):"
        f" change the workspace's version, or put the program at {tmp_path}/tools/terraform_1.11.4"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#!/bin/sh\necho no >&2\nexit 3\n", "does not say a version: no"),
        ("#!/no/such/shell\n", "cannot be started"),
    ],
)
async def test_a_broken_one_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "terraform").write_text(text)
    (tmp_path / "terraform").chmod(0o755)
    with pytest.raises(Upstream, match=why):
        await Tools(str(tmp_path)).find("terraform")

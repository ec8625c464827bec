"""`dihedral key …` beside a running server, with keys in files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import database
from tests.control.test_cli import dihedral
from tests.lives import up

SECRET = "cAnary-Zx9-login"


def test_keys_are_rotated_and_replaced_beside_a_server_that_goes_on(
    apart: Path, where: dict[str, str]
) -> None:
    with up(apart, DIHEDRAL_ACTOR="ada", **where) as command:
        command("workspace", "create", "shop")
        command("workspace", "variable", "set", "shop", "plain", SECRET)
        before = command("key", "show")
        [first] = [key for key in before["items"] if key["seals"]]
        assert (first["kind"], first["holds"]["variable"]) == ("data", 1)
        done = command("key", "rotate")
        assert done["destroyed"] == [first["id"]]
        said = dihedral("key", "rotate", "--master", data=apart, **where)
        [old] = apart.glob("key.*.old")
        assert said.returncode == 0 and f"shred -u {old}" in said.stdout, said.stderr
        assert {p.stat().st_mode & 0o777 for p in (apart / "key", old)} == {0o600}
        last = command("key", "rotate")
        shown = command.client().get("workspaces", "shop", "variables")
        assert SECRET in shown.decode()  # by a server that began with the master key of before
        after = command("key", "show")
        assert after["master"] != before["master"]
        assert {key["id"]: key["holds"] for key in after["items"] if key["holds"]}.keys() == {
            last["seals"]
        }
        text = dihedral("key", "show", data=apart, **where).stdout
        assert text.count("destroyed") == 2 and (apart / "key").read_text().strip() not in text
    old.unlink()
    with up(apart, **where) as command:
        assert command("audit", "verify")["broken"] == ""


@pytest.fixture
def where() -> Iterator[dict[str, str]]:
    """What the server and the commands beside it are told of their database."""
    with database() as elsewhere:
        yield elsewhere


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--master",), "--to FILE"),
        (("--to", "new"), "goes with --master"),
    ],
)
def test_what_cannot_be_done_says_how_it_can(tmp_path: Path, words: list[str], said: str) -> None:
    done = dihedral("key", "rotate", *words, data=tmp_path, DIHEDRAL_KEY="07" * 32)
    assert (done.returncode, said in done.stderr) == (2, True)

"""A conversation's files, over a configuration that moves on."""

import pytest

from dihedral.domain.errors import Conflict, Invalid
from dihedral.model.rules import overlay

BASE = {"main.tf": b"one", "net.tf": b"two"}


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "../main.tf", "a/../b.tf", "a//b.tf", "a\\b.tf", ".terraform/x.tf"),
        *("a/.git/config", "C:/x.tf", "main.tf\n", "a b.tf", "ma\u0131n.tf", "x" * 101, "-\0.tf"),
    ],
)
def test_a_path_that_is_none_is_told_how_to_be_one(path: str) -> None:
    with pytest.raises(Invalid, match=r"write it as main\.tf"):
        overlay.demand_path(path)


@pytest.mark.parametrize("path", ["main.tf", "modules/net/main.tf", "a-b_c.tf.json", "_x.tf"])
def test_a_plain_path_is_taken(path: str) -> None:
    overlay.demand_path(path)


def test_what_stands_for_a_secret_is_not_written_back() -> None:
    with pytest.raises(Invalid, match="a secret that you are not shown"):
        overlay.demand_text("main.tf", 'key = "(sensitive)"')


def test_a_draft_is_moved_over_what_others_applied_elsewhere() -> None:
    mine = {"main.tf": b"mine", "new.tf": b"n"}  # and net.tf is removed
    now = {**BASE, "other.tf": b"theirs"}
    assert overlay.rebase(BASE, mine, now) == {
        "main.tf": b"mine",
        "new.tf": b"n",
        "other.tf": b"theirs",
    }


def test_a_draft_that_changes_what_others_changed_is_a_conflict() -> None:
    with pytest.raises(Conflict, match=r"applied a change of main\.tf"):
        overlay.rebase(BASE, {**BASE, "main.tf": b"mine"}, {**BASE, "main.tf": b"theirs"})


def test_the_same_change_twice_is_none() -> None:
    changed = {**BASE, "main.tf": b"same"}
    assert overlay.rebase(BASE, changed, changed) == changed


def test_a_draft_is_no_larger_than_anybody_reads() -> None:
    with pytest.raises(Invalid, match="propose in several steps"):
        overlay.demand_size(BASE, {**BASE, "big.tf": b"x" * (overlay.BYTES + 1)})
    with pytest.raises(Invalid, match="61 files"):
        overlay.demand_size({}, {f"{n}.tf": b"" for n in range(61)})

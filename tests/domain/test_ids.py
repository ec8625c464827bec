"""An id says what it names."""

import pytest

from dihedral.domain.errors import Invalid
from dihedral.domain.ids import RunId, WorkspaceId, parse


def test_an_id_of_the_right_kind_is_read() -> None:
    assert parse(RunId, "run-k3v9") == "run-k3v9"


WRONG = ["ws-k3v9", "run_k3v9", "run-", "run-k3/v9", "", "run-" + "x" * 33]


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a run id"):
        parse(RunId, text)


def test_kinds_do_not_mix() -> None:
    with pytest.raises(Invalid):
        parse(WorkspaceId, "run-k3v9")

"""How two states differ: by address and attribute, without a value."""

import json
from typing import Any

import pytest

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import statediff
from dihedral.ops.rules.statediff import Differences


def held(outputs: dict[str, Any] | None = None, **attributes: Any) -> bytes:
    """A state with a `terraform_data` of each name."""
    resources = [
        {"mode": "managed", "type": "terraform_data", "name": name, "instances": [one]}
        for name, one in attributes.items()
    ]
    whole = {"version": 4, "lineage": "x", "serial": 1, "resources": resources}
    return json.dumps({**whole, "outputs": outputs or {}}).encode()


def one(**attributes: Any) -> dict[str, Any]:
    return {"attributes": attributes}


def test_what_came_went_and_changed_is_told_by_name_alone() -> None:
    old = held({"a": {"value": 1}}, stays=one(x=1), goes=one(), moves=one(x="secret-1", y=2))
    new = held({"b": {"value": 2}}, stays=one(x=1), comes=one(), moves=one(x="secret-2", z=3))
    found = statediff.between(old, new)
    assert found == Differences(
        created=("terraform_data.comes",),
        destroyed=("terraform_data.goes",),
        changed={"terraform_data.moves": ("x", "y", "z")},
        outputs=("a", "b"),
    )
    assert "secret" not in repr(found)


def test_the_first_state_is_all_new_and_the_same_state_differs_in_nothing() -> None:
    state = held({"a": {"value": 1}}, made=one(x=None))
    assert statediff.between(None, state).created == ("terraform_data.made",)
    assert statediff.between(state, state) == Differences((), (), {}, ())


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(Invalid):
        statediff.between(None, b"{}")

"""Names: what people write becomes what AWS accepts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.model.rules import naming

ACCEPTED = re.compile(r"[a-z][a-z0-9-]{1,26}[a-z0-9]")


@given(st.text(max_size=80))
def test_every_name_is_one_that_aws_accepts(words: str) -> None:
    name = naming.instance(words, "kubernetes-cluster")
    assert ACCEPTED.fullmatch(name)
    assert "--" not in name


@given(st.text(max_size=80))
def test_a_name_of_a_name_is_itself(words: str) -> None:
    name = naming.instance(words, "queue")
    assert naming.instance(name, "queue") == name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Orders", "orders"),
        ("  order intake / DE ", "order-intake-de"),
        ("Müller & Söhne", "mueller-soehne"),
        ("señal", "senal"),
        ("2024 reports", "queue-2024-reports"),
        ("q", "q-queue"),
        ("a__b--c", "a-b-c"),
    ],
)
def test_names_read_like_what_was_written(words: str, name: str) -> None:
    assert naming.instance(words, "queue") == name


def test_two_long_names_stay_two() -> None:
    first, second = ("the-very-long-name-of-a-queue-" + end for end in ("one", "two"))
    assert naming.instance(first, "queue") != naming.instance(second, "queue")


def test_a_name_in_another_script_is_made_from_the_blueprint() -> None:
    orders, refunds = (naming.instance(words, "queue") for words in ("订单", "退款"))
    assert orders != refunds
    assert orders.startswith("queue-")
    assert orders == naming.instance("订单", "queue")

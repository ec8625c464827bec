"""Looking for what is asked in an agent's own texts, in any language."""

import pytest

from dihedral.model.rules import passages

TEXTS = {
    "refunds": "# Refunds\n\nMoney goes back within 14 days.\n\n## 退款\n\n投诉后十四天内退款。",
    "delivery": "# Delivery\n\nParcels take three days, to islands a week.\n\nพัสดุใช้เวลาสามวัน",
}


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("when does the money come back", "Refunds"),
        ("REFUNDS", "Refunds"),
        ("如何退款", "退款"),
        ("parcels to islands", "Delivery"),
        ("ใช้เวลา", "Delivery"),
    ],
)
def test_the_passage_that_is_about_it_comes_first(words: str, heading: str) -> None:
    assert passages.find(TEXTS, words)[0].heading == heading


@pytest.mark.parametrize("words", ["", "   ", "xylophone", "!?"])
def test_what_nothing_is_about_is_not_found(words: str) -> None:
    assert passages.find(TEXTS, words) == []


def test_a_heading_alone_is_no_passage() -> None:
    assert passages.find({"a": "# Refunds\n\n# Delivery"}, "refunds") == []

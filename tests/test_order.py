from pathlib import Path

from tests import order

TOP = Path(__file__).parent


def test_every_file_that_begins_first_is_there() -> None:
    assert not order.unknown(str(path.relative_to(TOP.parent)) for path in TOP.rglob("test_*.py"))
    assert order.rank("tests/ops/test_hostile.py") < order.rank("tests/test_order.py")

"""What a checkout installs is pinned, by hash, from wherever its packages come."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT, ALL = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
_PIN = re.compile(r"([a-z0-9-]+)==([^ \\]+)(?: ; ([^\\\n]+))? \\\n((?:    --hash=\S+.*\n)+)")


def pins(path: Path) -> Mapping[tuple[str, str], str]:
    """Each name and its marker, with what it is held to. Fails at a line that holds nothing."""
    found: dict[tuple[str, str], str] = {}
    left = path.read_text("utf-8")
    while left:
        entry = _PIN.match(left)
        assert entry, f"{path.name} holds nothing with: {left[:80]}"
        name, version, marker, hashes = entry.groups("")
        found[name, marker] = version + hashes
        left = left[entry.end() :]
    return found


def names(path: Path) -> set[str]:
    return {name for name, _ in pins(path)}


def asked(lines: list[object]) -> set[str]:
    """The distributions that a list of pyproject.toml names."""
    return {re.split(r"[^A-Za-z0-9-]", line)[0].lower() for line in lines if isinstance(line, str)}


def test_the_product_is_pinned_and_all_of_it_is_the_same_where_it_is_tested() -> None:
    product, everything = pins(PRODUCT), pins(ALL)
    assert len(product) > 50
    assert {name: everything.get(name) for name in product} == product


def test_the_locks_have_what_the_project_asks_for_and_the_product_has_no_tools_of_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    runtime = asked(project["project"]["dependencies"]) | asked(extras["speed"])
    assert runtime | asked(groups["build"]) <= names(PRODUCT)
    optional = [line for name, lines in extras.items() if name != "speed" for line in lines]
    further = asked(groups["dev"]) | asked(optional)
    assert further <= names(ALL)
    assert further.isdisjoint(names(PRODUCT))

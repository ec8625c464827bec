"""The embedded engine with a set of policies in it, and what it answers."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import regorus

from dihedral.policies import catalogue
from dihedral.policies.catalogue import Policy

AWS = catalogue.HOME / "aws"
GENERAL = catalogue.HOME / "general"
TEST = re.compile(r"^(test_\w+) if", re.MULTILINE)


def engine(
    directory: Path, *, tests: Iterable[str] = (), instead: Mapping[str, str] | None = None
) -> regorus.Engine:
    """The set, with those of its test files; `instead` are other texts for files of it, by name."""
    made = regorus.Engine()
    for file in [*catalogue.sources(directory), *(directory / name for name in tests)]:
        made.add_policy(file.name, (instead or {}).get(file.name) or file.read_text())
    made.add_data(catalogue.settings(directory))
    return made


def all_tests(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.glob("*_test.rego"))


def tests_of(directory: Path) -> Iterator[tuple[str, str]]:
    """Each test of the set: its file, and its name as the engine has it."""
    for name in all_tests(directory):
        source = (directory / name).read_text()
        (package,) = re.findall(r"^package (\S+)", source, re.MULTILINE)
        for test in TEST.findall(source):
            yield name, f"data.{package}.{test}"


def holds(made: regorus.Engine, test: str) -> bool:
    answer = json.loads(made.eval_query_as_json(test)).get("result")
    return bool(answer) and answer[0]["expressions"][0]["value"] is True


def judge(
    made: regorus.Engine, policies: Iterable[Policy], given: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """What each rule says of an input, by `ID deny` or `ID warn`; silent ones are left out."""
    asked = [(f"{p.id} {rule}", f"{p.package}.{rule}") for p in policies for rule in p.rules]
    made.set_input_json(json.dumps(given))
    answer = json.loads(made.eval_query_as_json("[" + ",\n".join(q for _, q in asked) + "]"))
    values = answer["result"][0]["expressions"][0]["value"]
    return {name: said for (name, _), said in zip(asked, values, strict=True) if said}

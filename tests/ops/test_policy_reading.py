"""What is kept from one judgement to the next: how the files of a set read, and nothing else."""

import json
from collections.abc import Sequence

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import policyset
from dihedral.ops.rules.policy import Judgement
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.work import policy
from dihedral.ops.work.rego import Limits
from dihedral.ops.work.regoread import Files, Readings

HEAD = "package main\nimport rego.v1\n"
DEEP = f"{HEAD}deny contains {'[' * 9999}1{']' * 9999}\n"  # ends the process that reads it
SLOW = f"{HEAD}deny contains {'[' * 30}1{']' * 30}\n"  # the engine's parser takes years


def judged(*texts: str, plan: bytes = b"{}", seconds: float = 20.0) -> Judgement:
    sets = [policyset.read({"a.rego": text.encode()}, f"set{at}") for at, text in enumerate(texts)]
    policies = policy.embedded(Limits(seconds=seconds))
    return policy.judge(policies, sets, PolicyInput(plan=plan), str)


class Reader:
    """Reads as it is told, and counts."""

    def __init__(self, *lines: object, why: str = "") -> None:
        self.lines, self.why = lines, why
        self.asked: list[Sequence[Files]] = []

    def __call__(self, sets: Sequence[Files]) -> tuple[bytes, str]:
        self.asked.append(sets)
        return b"".join(json.dumps(line).encode() + b"\n" for line in self.lines), self.why


def read(*files: str) -> dict[str, object]:
    return {"files": [[name, False, "", ""] for name in files], "rules": [], "needs": []}


def test_a_set_is_read_once() -> None:
    readings, reader = Readings(), Reader(read("a"), read("b"))
    sets = [{"a": "1"}, {"b": "2"}]
    first = readings.of(sets, reader)
    assert readings.of(sets, reader) == first
    assert [one.files[0][0] for one in first] == ["a", "b"]
    assert reader.asked == [sets]


def test_only_what_is_missing_is_read_and_a_changed_file_is() -> None:
    readings = Readings()
    readings.of([{"a": "1"}], Reader(read("a")))
    reader = Reader(read("new"))
    found = readings.of([{"a": "1"}, {"a": "2"}], reader)
    assert reader.asked == [[{"a": "2"}]]
    assert [one.files[0][0] for one in found] == ["a", "new"]


def test_what_ended_its_process_or_never_came_is_not_kept() -> None:
    readings = Readings()
    reader = Reader({"error": "it ended", "died": True}, why="it took too long")
    sets = [{"a": "1"}, {"b": "2"}]
    assert [one.error for one in readings.of(sets, reader)] == ["it ended", "it took too long"]
    again = Reader(read("a"), read("b"))
    assert not any(one.error for one in readings.of(sets, again))


def test_what_was_not_used_for_longest_goes_first() -> None:
    size = len(json.dumps(read("a")))
    readings = Readings(most=2 * size)
    for name in ("a", "b", "a", "c"):
        readings.of([{name: ""}], Reader(read(name)))
    reader = Reader(read("b"))
    readings.of([{"a": ""}, {"c": ""}, {"b": ""}], reader)
    assert reader.asked == [[{"b": ""}]]


def test_a_set_that_ends_its_reader_denies_and_the_others_speak() -> None:
    found = judged(DEEP, f'{HEAD}deny contains "speaks"')
    assert found.verdict.ruling is Ruling.DENY
    assert [(r.set, r.failed) for r in found.results] == [("set0", True), ("set1", False)]
    assert "ended by SIG" in found.results[0].message


def test_a_set_that_nobody_can_read_in_time_denies() -> None:
    found = judged(SLOW, seconds=1.0)
    assert found.verdict.ruling is Ruling.DENY
    assert "longer than 1 s" in found.results[0].message


def test_nothing_of_one_plan_is_there_at_the_next() -> None:
    text = f"{HEAD}deny contains key if some key in object.keys(input)"
    assert {r.message for r in judged(text, plan=b'{"a": 1}').results} == {"a", "run"}
    assert {r.message for r in judged(text, plan=b'{"b": 2}').results} == {"b", "run"}


def test_a_plan_that_is_no_object_denies() -> None:
    found = judged(f"{HEAD}deny contains 1 if input.a", plan=b"[1]")
    assert found.verdict.ruling is Ruling.DENY
    assert "the plan cannot be read" in found.results[0].message

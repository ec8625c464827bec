"""The embedded engine's own process: policy sets in on stdin, what their rules say out on stdout.

It runs alone so that it can be killed: regorus knows no time limit, and a function that calls
itself for ever ends the process that it runs in. It has no environment, and bounds on memory and
time. It imports next to nothing: one is started for each judgement.

Shape   stdin: one line of JSON (`task`, `prelude`, `sets`, `documents`: how many bytes each has,
        `memory`, `seconds`), then the documents: what `input` is. For sets that are `late` follow
        two lines when it is known: the names of what else is in `input`, and an object with FOUND,
        which has them. stdout: a line of JSON for each set, with what each of its `paths` says.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from dihedral.ops.work import regobuiltins, regoengine
from dihedral.ops.work.regoengine import FAILURES, FOUND, LONGEST, cut

Asked = Mapping[str, Any]
Load = Callable[[bool], "Loaded"]
Task = Callable[[Load, list[str]], list[dict[str, Any]]]


class Loaded:
    """An engine with a set in it, ready to be asked; `told` is put into `input` by every query: to
    give the engine another input would have it read the plan again."""

    def __init__(self, engine: Any, told: Sequence[str]) -> None:
        self._engine = engine
        self._with = "".join(f" with input.{name} as data.{FOUND}.{name}" for name in told)

    def values(self, paths: list[str]) -> list[list[Any]]:
        """For each path nothing, or its value: one query, so that what they share is worked out
        once. Raises RuntimeError."""
        parts = ",\n".join(f"[x | x := {path}]" for path in paths)  # a line has a limit
        answer = json.loads(self._engine.eval_query_as_json(f"said := [{parts}]{self._with}"))
        return list(answer["result"][0]["bindings"]["said"])


def judge(load: Load, paths: list[str]) -> list[dict[str, Any]]:
    """What each rule of the set says. As written first; if that fails, with Rego's own undefined
    for what a builtin makes of null; if that fails, rule by rule, so that the guilty one is named.
    """
    if not paths:
        return []
    for lenient in (False, True):
        loaded = load(lenient)
        try:
            return [{"values": value} for value in loaded.values(paths)]
        except RuntimeError:
            continue
    return [_alone(loaded, path) for path in paths]


def test(load: Load, paths: list[str]) -> list[dict[str, Any]]:
    """Every rule by itself, in either way."""
    loaded = [load(lenient) for lenient in (False, True)]
    done = []
    for path in paths:
        began = time.perf_counter()
        told = _alone(loaded[0], path)
        if "error" in told:
            told = _alone(loaded[1], path)
        done.append(told | {"seconds": _since(began)})
    return done


TASKS: Mapping[str, Task] = {"judge": judge, "test": test}


def _alone(loaded: Loaded, path: str) -> dict[str, Any]:
    try:
        return {"values": loaded.values([path])[0]}
    except RuntimeError as why:
        return {"error": cut(why)}


class Documents:
    """What `input` may be, each with an engine that is made when it is asked for: a plan is large.

    Sets that are told the same share one engine, and each works with a copy of it."""

    def __init__(self, prelude: str) -> None:
        self._texts: list[bytes] = []
        self._made: dict[int, Any] = {}
        self._prelude = prelude
        self.told: tuple[Sequence[str], str] = (), ""  # names, and the data that has them

    def read(self, lengths: list[int]) -> None:
        self._texts += [sys.stdin.buffer.read(length) for length in lengths]

    def made(self, asked: Asked) -> Any:
        """One with the input of a set in it. Raises RuntimeError, ValueError."""
        at = asked["document"]
        if at not in self._made:
            made = regoengine.engine()
            made.set_input_json(self._texts[at].decode())
            self._texts[at] = b""
            self._made[at] = made
        return self._made[at]

    def engine(self, asked: Asked) -> Any:
        """A copy for the set, with its data. Raises RuntimeError, ValueError."""
        dressed = self.made(asked).clone()
        dressed.add_policy("dihedral_rego.rego", self._prelude)
        dressed.add_data_json(json.dumps(asked["data"]))
        names, data = self.told
        if names and asked["late"]:
            dressed.add_data_json(data)
        for name, (count, builtin) in regobuiltins.MORE.items():
            dressed.add_extension(name, count, builtin)
        return dressed


def _answer(task: Task, documents: Documents, asked: Asked) -> dict[str, Any]:
    began = time.perf_counter()
    answer: dict[str, Any] = {"set": asked["name"]}

    def load(lenient: bool) -> Loaded:
        engine = documents.engine(asked)
        for name, old, *texts in asked["files"]:
            engine.set_rego_v0(old)
            engine.add_policy(name, texts[lenient])
        engine.set_rego_v0(False)
        return Loaded(engine, documents.told[0] if asked["late"] else ())

    try:
        answer["rules"] = task(load, asked["paths"])
    except FAILURES as why:
        answer["error"] = cut(why)
    return answer | {"seconds": _since(began)}


def _say(answer: Mapping[str, Any]) -> None:
    text = json.dumps(answer)
    if len(text) > LONGEST:
        text = json.dumps({"set": answer["set"], "error": "it says more than can be read"})
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _since(began: float) -> float:
    return time.perf_counter() - began


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    regoengine.bound(request)
    documents = Documents(request["prelude"])
    documents.read(request["documents"])
    task = TASKS[request["task"]]
    for asked in request["sets"]:
        if not asked["late"]:
            _say(_answer(task, documents, asked))
    late = [asked for asked in request["sets"] if asked["late"]]
    with suppress(*FAILURES):  # it is said when the set is asked
        for asked in late:
            documents.made(asked)
    names, found = (sys.stdin.buffer.readline() if late else b"" for _ in range(2))
    if not found.endswith(b"\n"):
        return  # nobody waits, or nobody is there any more
    documents.told = json.loads(names), found.decode()
    for asked in late:
        _say(_answer(task, documents, asked))

"""The embedded engine's own process: policy sets in on stdin, what their rules say out on stdout.

It runs alone so that it can be killed: regorus knows no time limit, and a function that calls
itself for ever ends the process that it runs in. It has no environment, and bounds on memory and
time. It imports next to nothing: one is started for each judgement.

Shape   stdin: one line of JSON (`task`, `prelude`, `sets`, `documents`: how many bytes each has,
        `memory`, `seconds`), then the documents: what `input` is. For sets that are `late` follows
        a line with more `documents`, and these, when they are known. stdout: a line of JSON for
        each set, with what each of its `paths` says.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from dihedral.ops.work import regobuiltins, regoengine
from dihedral.ops.work.regoengine import FAILURES, LONGEST, cut

Asked = Mapping[str, Any]
Task = Callable[[Callable[[bool], Any], list[str]], list[dict[str, Any]]]


def judge(load: Callable[[bool], Any], paths: list[str]) -> list[dict[str, Any]]:
    """What each rule of the set says. As written first; if that fails, with Rego's own undefined
    for what a builtin makes of null; if that fails, rule by rule, so that the guilty one is named.
    """
    if not paths:
        return []
    for lenient in (False, True):
        loaded = load(lenient)
        try:
            return [{"values": value} for value in _values(loaded, paths)]
        except RuntimeError:
            continue
    return [_alone(loaded, path) for path in paths]


def test(load: Callable[[bool], Any], paths: list[str]) -> list[dict[str, Any]]:
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


def _alone(engine: Any, path: str) -> dict[str, Any]:
    try:
        return {"values": _values(engine, [path])[0]}
    except RuntimeError as why:
        return {"error": cut(why)}


def _values(engine: Any, paths: list[str]) -> list[list[Any]]:
    """For each path nothing, or its value: one query, so that what they share is worked out once.

    Raises RuntimeError."""
    parts = ",\n".join(f"[x | x := {path}]" for path in paths)  # a line has a limit
    query = f"[{parts}]"
    found = json.loads(engine.eval_query_as_json(query))["result"][0]["expressions"][0]["value"]
    return list(found)


class Documents:
    """What `input` may be, each with an engine that is made when it is asked for: a plan is large.

    Sets that are told the same share one engine, and each works with a copy of it."""

    def __init__(self, prelude: str) -> None:
        self._texts: list[bytes] = []
        self._made: dict[int, Any] = {}
        self._prelude = prelude

    def read(self, lengths: list[int]) -> None:
        self._made.clear()
        self._texts += [sys.stdin.buffer.read(length) for length in lengths]

    def engine(self, asked: Asked) -> Any:
        """One with the input and the data of a set in it. Raises RuntimeError, ValueError."""
        at = asked["document"]
        if at not in self._made:
            made = regoengine.engine()
            made.set_input_json(self._texts[at].decode())
            self._texts[at] = b""
            self._made[at] = made
        dressed = self._made[at].clone()
        dressed.add_policy("dihedral_rego.rego", self._prelude)
        dressed.add_data_json(json.dumps(asked["data"]))
        for name, (count, builtin) in regobuiltins.MORE.items():
            dressed.add_extension(name, count, builtin)
        return dressed


def _answer(task: Task, documents: Documents, asked: Asked) -> dict[str, Any]:
    began = time.perf_counter()
    answer: dict[str, Any] = {"set": asked["name"]}

    def load(lenient: bool) -> Any:
        engine = documents.engine(asked)
        for name, old, *texts in asked["files"]:
            engine.set_rego_v0(old)
            engine.add_policy(name, texts[lenient])
        engine.set_rego_v0(False)
        return engine

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
    line = sys.stdin.buffer.readline() if late else b""
    if not line.endswith(b"\n"):
        return  # nobody waits, or nobody is there any more
    documents.read(json.loads(line)["documents"])
    for asked in late:
        _say(_answer(task, documents, asked))

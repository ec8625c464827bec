"""The embedded engine's own process: policy sets in on stdin, what their rules say out on stdout.

It runs alone so that it can be killed: regorus knows no time limit, and a function that calls
itself for ever ends the process that it runs in. It has no environment, and bounds on memory and
time.

Shape   stdin: one line of JSON (`sets`, `context`, `plan`: bytes that follow, `memory`, `seconds`,
        `task`), then the plan, then a line with the rest of the context, when it is known. stdout:
        a line of JSON for each set; first those that read nothing of the rest.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import regorus

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import regoold, regotree
from dihedral.ops.rules.regotree import PRELUDE
from dihedral.ops.work import regobuiltins
from dihedral.ops.work.regodocuments import Documents, Needs

LONGEST = 16 << 20  # characters that one set may say
Task = Callable[[Any, Mapping[str, Any], "Parsed"], list[dict[str, Any]]]
_FAILURES = (Invalid, RuntimeError, ValueError, RecursionError)


class Parsed:
    """The files of one set, each as old or as new as it is written."""

    def __init__(self, files: Mapping[str, str]) -> None:
        read = {name: _parse(name, text) for name, text in files.items()}
        self.files = {name: (tree, old) for name, (tree, old, _) in read.items()}
        self.texts = {name: text for name, (_, _, text) in read.items()}
        self.rules = [(name, rule) for name, (tree, _) in self.files.items()
                      for rule in regotree.rules(tree)]  # fmt: skip
        self.needs = self._needs()

    def own(self, package: str) -> set[str]:
        return {rule.name for _, rule in self.rules if rule.package == package}

    def _needs(self) -> Needs:
        found: set[regotree.Path] = set()
        for name, (tree, _) in self.files.items():
            if "input" not in self.texts[name]:
                continue
            if (needed := regotree.needs(tree)) is None:
                return None
            found |= needed
        return frozenset(found)

    def load(self, engine: Any, *, lenient: bool) -> Any:
        """`engine` with the files in it. Raises Invalid, RuntimeError."""
        for name, (tree, old) in self.files.items():
            own = self.own(regotree.package(tree))
            try:
                text = regotree.rewritten(tree, self.texts[name], own, lenient=lenient)
            except Invalid as cause:
                raise Invalid(f"{name}, {cause}") from None
            engine.set_rego_v0(old)
            engine.add_policy(name, text)
        engine.set_rego_v0(False)
        return engine


def judge(engine: Any, asked: Mapping[str, Any], parsed: Parsed) -> list[dict[str, Any]]:
    """What each rule of the set says. As written first; if that fails, with Rego's own undefined
    for what a builtin makes of null; if that fails, rule by rule, so that the guilty one is named.
    """
    wanted = list(_wanted(asked, parsed))
    if not wanted:
        return []
    found: list[dict[str, Any]] = []
    for lenient in (False, True):
        loaded = parsed.load(_dressed(engine, asked), lenient=lenient)
        try:
            values = _values(loaded, [path for path, _ in wanted])
        except RuntimeError:
            continue
        return [told | {"values": value} for (_, told), value in zip(wanted, values, strict=True)]
    for path, told in wanted:
        try:
            found.append(told | {"values": _values(loaded, [path])[0]})
        except RuntimeError as why:
            found.append(told | {"error": _cut(why)})
    return found


def test(engine: Any, asked: Mapping[str, Any], parsed: Parsed) -> list[dict[str, Any]]:
    """Every `test_` rule by itself: one that is true passes."""
    names = {(r.package, r.name): (file, r.line) for file, r in reversed(parsed.rules)
             if r.name.startswith("test_") and not r.function}  # fmt: skip
    loaded = {mode: parsed.load(_dressed(engine, asked), lenient=mode) for mode in (False, True)}
    done = []
    for (package, name), at in sorted(names.items(), key=lambda item: item[1]):
        began = time.perf_counter()
        told: dict[str, Any] = {"package": package, "rule": name, "at": [at]}
        for mode in (False, True):
            try:
                told["values"] = _values(loaded[mode], [f"data.{package}.{name}"])[0]
                told.pop("error", None)
                break
            except RuntimeError as why:
                told["error"] = _cut(why)
        done.append(told | {"seconds": time.perf_counter() - began})
    return done


def _wanted(asked: Mapping[str, Any], parsed: Parsed) -> Iterator[tuple[str, dict[str, Any]]]:
    """The path and the description of each rule that is asked for."""
    at: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for file, rule in parsed.rules:
        if not rule.function:
            at.setdefault((rule.package, rule.name), []).append((file, rule.line))
    queries = asked["queries"]
    for package, name in (map(tuple, queries)) if queries is not None else sorted(at):
        if queries is None and not _speaks(name, asked["words"]):
            continue
        told = {"package": package, "rule": name, "at": at.get((package, name), [])}
        yield f"data.{package}.{name}", told


def _speaks(name: str, words: list[str]) -> bool:
    return any(name == word or name.startswith(f"{word}_") for word in words)


def _values(engine: Any, paths: list[str]) -> list[list[Any]]:
    """For each path nothing, or its value: one query, so that what they share is worked out once.

    Raises RuntimeError."""
    parts = ",\n".join(f"[x | x := {path}]" for path in paths)  # a line has a limit
    query = f"[{parts}]"
    found = json.loads(engine.eval_query_as_json(query))["result"][0]["expressions"][0]["value"]
    return list(found)


def engine() -> Any:
    """An empty one, bounded."""
    engine = regorus.Engine()
    engine.set_gather_prints(True)
    engine.set_policy_length_config(max_col=1 << 20, max_file_bytes=LONGEST, max_lines=1 << 20)
    return engine


def _dressed(engine: Any, asked: Mapping[str, Any]) -> Any:
    dressed = engine.clone()
    dressed.add_policy(f"{PRELUDE}.rego", regotree.prelude())
    dressed.add_data_json(json.dumps(asked["data"]))
    for name, (count, builtin) in regobuiltins.MORE.items():
        dressed.add_extension(name, count, builtin)
    return dressed


def _parse(name: str, written: str) -> tuple[regotree.Tree, bool, str]:
    """The file's tree, whether it is Rego of before 1.0, and its text. Raises Invalid."""
    why: list[str] = []
    for old in (False, True):
        text = regoold.unchained(written) if old else written
        alone = engine()
        alone.set_rego_v0(old)
        try:
            alone.add_policy(name, text)
            tree: regotree.Tree = msgspec.json.decode(alone.get_ast_as_json())[0]["ast"]
            return tree, old, text
        except RuntimeError as cause:
            why.append(_cut(cause))
    newer = "import rego.v1" in written or "{" not in written
    raise Invalid(f"it cannot be read: {why[0] if newer else why[1]}")


def _cut(why: BaseException) -> str:
    """What an error says, and where: `a.rego:3:5: count requires …`."""
    text = str(why).partition("Stack backtrace")[0].strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    place = next((line[4:] for line in lines if line.startswith("--> ")), "")
    last = lines[-1] if lines else type(why).__name__
    said = next((line[7:] for line in lines if line.startswith("error: ")), last)
    return f"{place}: {said}" if place else said


def _early(needs: Needs, found: list[str]) -> bool:
    """Whether a set cannot tell what is not told yet."""
    return needs is not None and not any(path[0] in found for path in needs)


def _run(
    request: Mapping[str, Any], plan: bytes, rest: Callable[[], Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The answers, those first that do not have to wait for `rest`."""
    documents = Documents(plan, {*request["known"], *request["found"]}, engine)
    documents.tell(request["context"])
    task = {"judge": judge, "test": test}[request["task"]]
    late: list[tuple[Mapping[str, Any], Parsed, float]] = []
    for asked in request["sets"]:
        began = time.perf_counter()
        try:
            parsed = Parsed(asked["files"])
        except _FAILURES as why:
            yield {"set": asked["name"], "error": _cut(why), "seconds": _since(began)}
            continue
        if _early(parsed.needs, request["found"]):
            yield _answer(task, documents, (asked, parsed, began))
        else:
            late.append((asked, parsed, _since(began)))
    documents.tell(rest())
    for _, parsed, _ in late:
        documents.want(parsed.needs)
    for asked, parsed, took in late:
        yield _answer(task, documents, (asked, parsed, time.perf_counter() - took))


def _answer(
    task: Task, documents: Documents, one: tuple[Mapping[str, Any], Parsed, float]
) -> dict[str, Any]:
    asked, parsed, began = one
    answer: dict[str, Any] = {"set": asked["name"]}
    try:
        answer["rules"] = task(documents.engine(asked["shape"], parsed.needs), asked, parsed)
    except _FAILURES as why:
        answer["error"] = _cut(why)
    return answer | {"seconds": _since(began)}


def _since(began: float) -> float:
    return time.perf_counter() - began


def _bound(request: Mapping[str, Any]) -> None:
    """What this process may have, whatever a policy does."""
    seconds = int(request["seconds"]) + 2
    for what, most in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _rest() -> Mapping[str, Any]:
    """What is told at last; when nobody is there any more to tell it, this is the end."""
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        sys.exit()
    told: Mapping[str, Any] = json.loads(line)
    return told


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    plan = sys.stdin.buffer.read(request["plan"])
    _bound(request)
    for answer in _run(request, plan, _rest):
        text = json.dumps(answer)
        if len(text) > LONGEST:
            text = json.dumps({"set": answer["set"], "error": "it says more than can be read"})
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

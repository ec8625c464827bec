"""The embedded engine's program that reads policy sets, and knows no plan.

What a set's files say is the same at every run, and finding it out takes longer than most
judgements, so that it is kept (`regoread`). Each set is read in a process of its own: one that ends
it takes no other along, and none can have a say in how another is read.

Shape   stdin: a line of JSON (`sets`: the files of each by name, `memory`, `seconds`). stdout: a
        line of JSON for each set: `files` (name, whether it is of before 1.0, its text for the
        engine as written and with Rego's undefined), `rules` (package, name, file, line, whether it
        is a function), `needs`; or `error`, and whether its process has `died` of it.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import regoold, regotree
from dihedral.ops.work import regoengine
from dihedral.ops.work.regodocuments import Needs
from dihedral.ops.work.regoengine import cut, engine

_FAILURES = (Invalid, *regoengine.FAILURES)


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

    def written(self, *, lenient: bool) -> dict[str, str]:
        """Each file in words that the engine takes as they are meant. Raises Invalid."""
        texts = {}
        for name, (tree, _) in self.files.items():
            own = self.own(regotree.package(tree))
            try:
                texts[name] = regotree.rewritten(tree, self.texts[name], own, lenient=lenient)
            except Invalid as cause:
                raise Invalid(f"{name}, {cause}") from None
        return texts

    def told(self) -> dict[str, Any]:
        strict, lenient = self.written(lenient=False), self.written(lenient=True)
        return {
            "files": [(n, old, strict[n], lenient[n]) for n, (_, old) in self.files.items()],
            "rules": [(r.package, r.name, file, r.line, r.function) for file, r in self.rules],
            "needs": None if self.needs is None else sorted(self.needs),
        }


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
            why.append(cut(cause))
    newer = "import rego.v1" in written or "{" not in written
    raise Invalid(f"it cannot be read: {why[0] if newer else why[1]}")


def _read(files: Mapping[str, str]) -> dict[str, Any]:
    try:
        return Parsed(files).told()
    except _FAILURES as why:
        return {"error": cut(why)}


def _say(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    regoengine.bound(request)
    for files in request["sets"]:
        if not (own := os.fork()):
            _say(_read(files))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(own, 0)[1])
        if code:
            _say({"error": regoengine.ended(code), "died": True})

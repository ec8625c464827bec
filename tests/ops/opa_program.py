"""A program that speaks as `opa` does, as far as we ask it, and evaluates with regorus.

Its words and the shape of its answers are those of OPA 1.9, with which the tests pass too where it
is installed. What it reads as old Rego must be what the bundle says is old.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import regotree
from dihedral.ops.work import regobuiltins, regoengine, regoreader

BUILTINS = ("count", "http.send", "net.lookup_ip_addr", "opa.runtime", "rego.parse_module", "walk")
PATH = re.compile(r"\[x \| x := ([^\]]+)\]")
Json = dict[str, Any]


class Wrong(Exception):
    def __init__(self, code: str, message: str, file: str = "", row: int = 0) -> None:
        super().__init__(message)
        place = {"location": {"file": file, "row": row, "col": 1}} if file else {}
        self.told: Json = {"message": message, "code": code, **place}


def main(words: list[str]) -> int:
    if words[0] == "version":
        print("Version: 1.9.9\nRego Version: v1")
    elif words[:2] == ["capabilities", "--current"]:
        print(json.dumps({"builtins": [{"name": name} for name in BUILTINS], "features": []}))
    elif words[0] == "parse" and "--v0-compatible" in words:
        return parsed(Path(words[-1]).read_text())
    elif words[0] == "eval":
        return told(words)
    elif words[0] == "test":
        return tested(words)
    return 0


def parsed(text: str) -> int:
    try:
        print(json.dumps(module(text, old=True)))
    except Invalid as cause:
        print(cause, file=sys.stderr)
        return 1
    return 0


def told(words: list[str]) -> int:
    given, query = json.load(sys.stdin), words[-1]
    value: Any
    try:
        if "rego.parse_module" in query:
            value, errors = read(given)
        else:
            loaded = Bundle(Path(option(words, "--bundle")), option(words, "--capabilities"))
            value, errors = loaded.values(given, PATH.findall(query))
    except Wrong as wrong:
        print(json.dumps({"errors": [wrong.told]}))
        return 1
    result = {"result": [{"expressions": [{"value": value, "text": query}]}]}
    print(json.dumps({**({"errors": errors} if errors else {}), **result}))
    return 0


def tested(words: list[str]) -> int:
    try:
        loaded = Bundle(Path(words[-1]), option(words, "--capabilities"))
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    tests = [(f, r) for f, r in loaded.parsed.rules if r.name.startswith("test_")]
    said = []
    for file, rule in tests:
        values, _ = loaded.values({}, [f"data.{rule.package}.{rule.name}"])
        said.append({
            "location": {"file": file, "row": rule.line, "col": 1},
            "package": f"data.{rule.package}", "name": rule.name, "duration": 1000,
            **({} if values[0] == [True] else {"fail": True}),
        })  # fmt: skip
    print(json.dumps(said))
    return 2 if any("fail" in one for one in said) else 0


def option(words: list[str], name: str) -> str:
    return next(word.partition("=")[2] for word in words if word.startswith(f"{name}="))


def read(texts: Mapping[str, str]) -> tuple[Json, list[Json]]:
    trees: Json = {}
    errors: list[Json] = []
    for name, text in texts.items():
        try:
            trees[name] = module(text, old=False)
        except Invalid as cause:
            message = f"rego.parse_module: {name}: rego_parse_error: {cause}"
            errors.append(Wrong("eval_builtin_error", message).told)
    return trees, errors


def module(text: str, *, old: bool) -> Json:
    """What is asked of a syntax tree: the package, and the heads of the rules."""
    found = regoreader.Parsed({"f.rego": text})
    tree, is_old = found.files["f.rego"]
    if is_old and not old:
        raise Invalid("`if` keyword is required before rule body")
    path = [{"type": "string", "value": p} for p in regotree.package(tree).split(".")]
    heads = [
        {"ref": [{"type": "var", "value": rule.name}], **({"args": []} if rule.function else {})}
        for _, rule in found.rules
    ]
    rules = [{"head": head} for head in heads]
    return {"package": {"path": [{"type": "var", "value": "data"}, *path]}, "rules": rules}


class Bundle:
    """A set as a whole; raises Wrong where it does not compile."""

    def __init__(self, folder: Path, capabilities: str) -> None:
        files = {path.name: path.read_text() for path in sorted(folder.glob("*.rego"))}
        manifest = json.loads((folder / ".manifest").read_text())
        self.data = json.loads((folder / "data.json").read_text())
        self.parsed = regoreader.Parsed(files)
        for name, (_, old) in self.parsed.files.items():
            if old is not (manifest["file_rego_versions"].get(f"/{name}", 1) == 0):
                raise Wrong("rego_parse_error", "it is not as old as is said", name, 1)
        known = json.loads(Path(capabilities).read_text())
        allowed = {builtin["name"] for builtin in known["builtins"]}
        for name, text in files.items():
            for builtin in set(BUILTINS) - allowed:
                if f"{builtin}(" in text:
                    raise Wrong("rego_type_error", f"undefined function {builtin}", name, 3)

    def values(self, given: Any, paths: list[str]) -> tuple[list[Any], list[Json]]:
        """Undefined is what a builtin could not do, and that it could not is an error."""
        values: list[Any] = []
        errors: list[Json] = []
        for path in paths:
            value, error = self.value(given, path)
            values.append(value)
            errors += error
        return values, errors

    def value(self, given: Any, path: str) -> tuple[Any, list[Json]]:
        errors: list[Json] = []
        for lenient in (False, True):
            made = regoengine.engine()
            made.set_input_json(json.dumps(given))
            loaded = self.load(dressed(made, self.data), lenient=lenient)
            try:
                found = json.loads(loaded.eval_query_as_json(f"[x | x := {path}]"))
            except RuntimeError as cause:
                errors.append(wrong(str(cause)))
                continue
            return found["result"][0]["expressions"][0]["value"], errors[:1]
        return [], [{**errors[-1], "code": "eval_builtin_error"}]

    def load(self, made: Any, *, lenient: bool) -> Any:
        for name, text in self.parsed.written(lenient=lenient).items():
            made.set_rego_v0(self.parsed.files[name][1])
            made.add_policy(name, text)
        made.set_rego_v0(False)
        return made


def dressed(made: Any, data: Any) -> Any:
    made.add_policy(f"{regotree.PRELUDE}.rego", regotree.prelude())
    made.add_data_json(json.dumps(data))
    for name, (count, builtin) in regobuiltins.MORE.items():
        made.add_extension(name, count, builtin)
    return made


def wrong(why: str) -> Json:
    place = re.search(r"--> (\S+?):(\d+):", why)
    if unknown := re.search(r"could not find function (\S+)", why):
        file, row = (place[1], int(place[2])) if place else ("", 0)
        raise Wrong("rego_type_error", f"undefined function {unknown[1]}", file, row)
    said = re.search(r"error: (.*)", why)
    code = "eval_conflict_error" if "conflict" in why else "eval_type_error"
    told = Wrong(code, said[1] if said else why, *((place[1], int(place[2])) if place else ()))
    if code == "eval_conflict_error":
        raise told
    return told.told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

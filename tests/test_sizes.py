"""Small stays small. Exceptions are listed here; one that is not needed is itself a failure."""

import ast
from pathlib import Path

import dihedral
from dihedral.control.web import assets

HERE = Path(dihedral.__file__).parent
# files over 300 lines and functions over 40, as `path` or `path:name`
LONG = {"simulator/aws/meanings.py:special"}  # a table, made when it is needed


def too_long(file: Path) -> set[str]:
    text, name = file.read_text("utf-8"), file.relative_to(HERE).as_posix()
    found = {name} if text.count("\n") > 300 else set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > 40:
            found.add(f"{name}:{node.name}")
    return found


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_files_and_functions_are_short() -> None:
    assert {name for file in HERE.rglob("*.py") for name in too_long(file)} == LONG


def test_pages_need_few_scripts_and_one_style_sheet() -> None:
    static = HERE / "control" / "web" / "static"
    own = {file.name: file.read_text("utf-8").count("\n") for file in static.iterdir()}
    assert set(own) == {*assets.NAMES, "VENDORED.md"}
    assert own["dihedral.js"] <= 200
    assert own["dihedral.css"] <= 900

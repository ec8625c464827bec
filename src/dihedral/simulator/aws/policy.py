"""`aws_iam_policy_document`: the JSON that the real provider renders.

Lists are sorted from the end and a list of one is written as its element; statements keep the
order: those of source documents, the written ones, then what override documents add.
"""

import json
from collections.abc import Iterable
from typing import Any

from dihedral.simulator.cty import Object

VERSION = "2012-10-17"
LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
WHO = {"principals": "Principal", "not_principals": "NotPrincipal"}


class BadDocument(ValueError):
    """A policy document that cannot be rendered."""


def document(config: Object) -> Object:
    """The document of a data source's arguments. Raises BadDocument."""
    found = _sources(config.get("source_policy_documents"))
    written = [statement(one) for one in config.get("statement") or []]
    _unique(written)
    found = _laid_over(found, written)
    found = _laid_over(found, _overrides(config.get("override_policy_documents")))
    out: Object = {"Version": config.get("version") or VERSION}
    if config.get("policy_id"):
        out["Id"] = config["policy_id"]
    return out | ({"Statement": found} if found else {})


def indented(config: Object) -> str:
    return json.dumps(document(config), indent=2, ensure_ascii=False)


def minified(config: Object) -> str:
    return json.dumps(document(config), separators=(",", ":"), ensure_ascii=False)


def statement(config: Object) -> Object:
    """One `statement` block, as JSON has it."""
    out: Object = {"Sid": config["sid"]} if config.get("sid") else {}
    out["Effect"] = config.get("effect") or "Allow"
    for name, word in LISTS.items():
        if config.get(name):
            out[word] = _few(_variables(config[name]))
    for name, word in WHO.items():
        if config.get(name):
            out[word] = _principals(config[name])
    if config.get("condition"):
        out["Condition"] = _conditions(config["condition"])
    return out


def _few(values: Iterable[str]) -> Any:
    found = sorted(set(values), reverse=True)
    return found[0] if len(found) == 1 else found


def _variables(values: Iterable[str]) -> list[str]:
    """`&{aws:username}` is how HCL writes the policy variable `${aws:username}`."""
    return [value.replace("&{", "${") for value in values]


def _principals(blocks: list[Object]) -> Any:
    out: dict[str, list[str]] = {}
    for block in blocks:
        who = _variables(block.get("identifiers") or [])
        if block.get("type") == "*" and who == ["*"]:
            return "*"
        out.setdefault(str(block.get("type")), []).extend(who)
    return {kind: _few(who) for kind, who in sorted(out.items())}


def _conditions(blocks: list[Object]) -> Object:
    out: dict[str, dict[str, list[str]]] = {}
    for block in blocks:
        variable = block["variable"].replace("&{", "${")
        values = _variables(block.get("values") or [])
        out.setdefault(block["test"], {}).setdefault(variable, []).extend(values)
    return {
        test: {v: found[0] if len(found) == 1 else found for v, found in sorted(tests.items())}
        for test, tests in sorted(out.items())
    }


def _statements(text: str) -> list[Object]:
    try:
        found = json.loads(text).get("Statement", [])
    except (ValueError, AttributeError) as cause:
        raise BadDocument(f"a policy document is not a JSON object: {cause}") from cause
    return found if isinstance(found, list) else [found]


def _sources(documents: list[str] | None) -> list[Object]:
    found = [one for text in documents or [] if text for one in _statements(text)]
    _unique(found)
    return found


def _overrides(documents: list[str] | None) -> list[Object]:
    return [one for text in documents or [] if text for one in _statements(text)]


def _unique(statements: list[Object]) -> None:
    seen: set[str] = set()
    for one in statements:
        sid = one.get("Sid")
        if sid and sid in seen:
            raise BadDocument(f"duplicate Sid ({sid}): each statement needs its own, or none")
        seen.add(sid or "")


def _laid_over(below: list[Object], above: list[Object]) -> list[Object]:
    """A statement takes the place of the one with its Sid, or comes last."""
    out = list(below)
    for one in above:
        sid = one.get("Sid")
        place = next((i for i, old in enumerate(out) if sid and old.get("Sid") == sid), None)
        if place is None:
            out.append(one)
        else:
            out[place] = one
    return out

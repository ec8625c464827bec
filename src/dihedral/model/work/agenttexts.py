"""Agents' files as texts by their paths: what somebody sends, and what comes with the program."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files as package_files

from dihedral.domain.errors import Invalid
from dihedral.model.rules import agentfile
from dihedral.model.rules.agentfile import AgentFile

MOST = 20  # agents that are applied at once
YAML = (".yaml", ".yml")


def parsed(texts: Mapping[str, str], tools: frozenset[str]) -> dict[str, AgentFile]:
    """Every YAML file of `texts`, by its path; the others are what these name. Raises Invalid,
    naming line and column."""
    whole = sorted(path for path in texts if path.endswith(YAML))
    if not 1 <= len(whole) <= MOST:
        raise Invalid(f"from 1 to {MOST} YAML files are applied at once, not {len(whole)}")
    beside = {path: text for path, text in texts.items() if not path.endswith(YAML)}
    found: dict[str, AgentFile] = {}
    for path in whole:
        file = agentfile.read(texts[path], beside, path, tools)
        if file.name in (other.name for other in found.values()):
            raise Invalid(f"{path}: another file is of agent {file.name}, too; send one of them")
        found[path] = file
    return found


@cache
def shipped() -> Mapping[str, AgentFile]:
    """The agents that come with the program, by name."""
    texts = {
        one.name: one.read_text("utf-8")
        for one in package_files("dihedral.agents").iterdir()
        if one.name.endswith((*YAML, ".md"))
    }
    return {file.name: file for file in parsed(texts, frozenset()).values()}

"""An agent's file: YAML that says what it is for, how it is prompted, what it may use and spend.

Shape   apiVersion: dihedral/v1
        kind: Agent
        metadata: {name: drafter, owner: ada}
        spec:
          purpose: drafts changes
          prompt: drafter.md           # a Markdown file beside this one, or the text itself
          model: {name: small, prefer: cost, data: internal, min_score: 0.6, abilities: [tools]}
          tools: [list_workspaces, read_workspace]
          delegates: [infrastructure]
          knowledge: [facts.md, {name: examples, file: complaints.md}]
          limits: {turn: {rounds: 24, seconds: 600}, month: {money: 20, delta: 100}, blast: limited}
          grants: [{role: proposer, workspace: orders}]
Units   money is US dollars, seconds are seconds; `any` is no limit.
"""

import difflib
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import yaml

from dihedral.domain import agent as agents
from dihedral.domain.agent import Limits
from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import Digest
from dihedral.domain.model import DataClass, Needs, Preference
from dihedral.domain.right import Role, Where
from dihedral.kit import strictyaml
from dihedral.kit.strictyaml import Unreadable
from dihedral.model.rules import agentgrants, agentlimits
from dihedral.model.rules.marked import Marked, of_data

VERSION, KIND = "dihedral/v1", "Agent"
PROMPT = 60_000  # characters of a prompt
TEXT = 200_000  # characters of one further text
PURPOSE = 1000
_TOOL = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KNOWLEDGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SPEC = ("purpose", "prompt", "model", "tools", "delegates", "knowledge", "limits", "grants")
_NEEDS = ("name", "prefer", "max_cost", "max_latency", "data", "min_score", "abilities")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFile:
    """`owner` is empty where the file names none, `grants` is None where it says nothing of them.
    `turn` are the limits of a turn, `limits` those of a month and of the runs."""

    name: str
    owner: str = ""
    purpose: str
    prompt: str
    needs: Needs
    tools: tuple[str, ...] = ()
    delegates: tuple[str, ...] = ()
    knowledge: tuple[tuple[str, str], ...] = ()
    turn: TurnLimits = field(default_factory=TurnLimits)
    limits: Limits = field(default_factory=Limits)
    grants: tuple[tuple[Role, Where], ...] | None = None


def read(
    text: str, beside: Mapping[str, str], file: str, tools: frozenset[str] = frozenset()
) -> AgentFile:
    """`beside` are the texts that it may name, by their paths, as `file` is its own. `tools` are
    those that there are; with none, their names are not looked at. Raises Invalid, naming line and
    column."""
    try:
        node = strictyaml.compose(text)
    except Unreadable as cause:
        at = f":{cause.line}:{cause.column}" if cause.line else ""
        raise Invalid(f"{file}{at}: {cause}") from cause
    if node is None:
        raise Invalid(f"{file}: the file is empty; it begins with `apiVersion: {VERSION}`")
    return _read(Marked(node, file), beside, tools)


def mentions(text: str, file: str) -> tuple[str, ...]:
    """The paths of the texts that it names. Raises Invalid."""

    class Every(dict[str, str]):
        def __missing__(self, path: str) -> str:
            self[path] = "-"
            return "-"

        def __contains__(self, path: object) -> bool:
            return True

    found = Every()
    read(text, found, file)
    return tuple(found)


def document(agent: AgentFile) -> dict[str, Any]:
    """The whole of it as plain data, its texts within; reading it again gives the same."""
    needs = agent.needs
    model = {
        "name": needs.model,
        "prefer": needs.prefer.value,
        "max_cost": None if needs.max_cost is None else f"{needs.max_cost.normalize():f}",
        "max_latency": None if needs.max_latency is None else needs.max_latency.total_seconds(),
        "data": needs.data.value,
        "min_score": needs.min_score,
        "abilities": sorted(one.value for one in needs.abilities),
    }
    spec: dict[str, Any] = {
        "purpose": agent.purpose,
        "prompt": {"text": agent.prompt},
        "model": {name: value for name, value in model.items() if value not in (None, [])},
        "tools": list(agent.tools),
        "delegates": list(agent.delegates),
        "knowledge": [{"name": name, "text": text} for name, text in agent.knowledge],
        "limits": agentlimits.shown(agent.turn, agent.limits),
    }
    if agent.grants is not None:
        spec["grants"] = [agentgrants.shown(*one) for one in agent.grants]
    named = {"name": agent.name, **({"owner": agent.owner} if agent.owner else {})}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": named, "spec": spec}


def show(agent: AgentFile) -> str:
    """The whole of it as YAML, for people; reading it again gives the same agent."""
    return yaml.dump(document(agent), Dumper=_Prose, sort_keys=False, allow_unicode=True, width=100)


def packed(agent: AgentFile) -> bytes:
    """The same agent, the same bytes, however its file was written."""
    return json.dumps(
        document(agent), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def unpacked(data: bytes) -> AgentFile:
    """Raises Invalid where it is of a version that reads otherwise."""
    return _read(of_data(json.loads(data), "the agent as it was kept"), {})


def digest(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())


class _Prose(yaml.SafeDumper):
    """Texts of several lines stand as they are, where YAML can say them so."""


def _represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    odd = any(sign in text for sign in "\x85\u2028\u2029\r\t")
    style = "|" if "\n" in text and not odd else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Prose.add_representer(str, _represented)


def _read(
    whole: Marked, beside: Mapping[str, str], tools: frozenset[str] = frozenset()
) -> AgentFile:
    top = ("apiVersion", "kind", "metadata", "spec")
    found = whole.section(top, top)
    for name, wanted in (("apiVersion", VERSION), ("kind", KIND)):
        if found[name].text(100) != wanted:
            found[name].wrong(f"{name} is {wanted!r}, not {found[name].text(100)!r}")
    named = found["metadata"].section(("name", "owner"), ("name",))
    spec = found["spec"].section(_SPEC, ("purpose", "prompt", "model"))
    turn, limits = agentlimits.read(spec.get("limits"))
    return AgentFile(
        name=_name(named["name"]),
        owner=named["owner"].text(64) if "owner" in named else "",
        purpose=spec["purpose"].text(PURPOSE).strip(),
        prompt=_prompt(spec["prompt"], beside),
        needs=_needs(spec["model"]),
        tools=_names(spec.get("tools"), 60, partial(_tool, tools)),
        delegates=_names(spec.get("delegates"), 20, _name),
        knowledge=_knowledge(spec.get("knowledge"), beside),
        turn=turn,
        limits=limits,
        grants=agentgrants.read(spec.get("grants")),
    )


def _name(one: Marked) -> str:
    said = one.text(100)
    try:
        return agents.demand_name(said)
    except Invalid as cause:
        one.wrong(str(cause))


def _tool(known: frozenset[str], one: Marked) -> str:
    said = one.text(100)
    if not _TOOL.fullmatch(said):
        one.wrong(f"{said!r} names no tool: lower-case letters, digits and _, such as read_run")
    if known and said not in known:
        near = difflib.get_close_matches(said, known, n=1, cutoff=0.5)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        one.wrong(f"there is no tool {said!r}; {meant}")
    return said


def _names(found: Marked | None, most: int, each: Any) -> tuple[str, ...]:
    names: list[str] = []
    for one in found.items(most) if found else ():
        name = each(one)
        if name in names:
            one.wrong(f"{name!r} is said twice")
        names.append(name)
    return tuple(names)


def _prompt(one: Marked, beside: Mapping[str, str]) -> str:
    if one.is_mapping():
        return one.section(("text",), ("text",))["text"].text(PROMPT)
    said = one.text(PROMPT)
    return _beside(one, said, beside, PROMPT) if _is_path(said) else said


def _is_path(said: str) -> bool:
    return "\n" not in said and said.endswith(".md")


def _beside(one: Marked, path: str, beside: Mapping[str, str], most: int) -> str:
    """A text by its path from the file on; nothing above where the file stands is read."""
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(one.file), path))
    above = posixpath.relpath(whole, posixpath.dirname(one.file) or ".").startswith("..")
    if path.startswith("/") or "\\" in path or above:
        one.wrong(f"{path!r} leads away; name a file beside this one, or below")
    if whole not in beside:
        one.wrong(f"there is no file {whole!r}; {one.path} names it")
    text = beside[whole]
    if not text.strip():
        one.wrong(f"{whole!r} is empty")
    if len(text) > most:
        one.wrong(f"{whole!r} has {len(text):,} characters; {most:,} is the most")
    return text


def _needs(one: Marked) -> Needs:
    if not one.is_mapping():
        return Needs(model=one.text(100))
    found = one.section(_NEEDS, ("name",))
    latency = found.get("max_latency")
    return Needs(
        model=found["name"].text(100),
        prefer=found["prefer"].choice(Preference) if "prefer" in found else Preference.COST,
        max_cost=found["max_cost"].amount(Decimal(1000)) if "max_cost" in found else None,
        max_latency=agentlimits.seconds(latency) if latency else None,
        data=found["data"].choice(DataClass) if "data" in found else DataClass.INTERNAL,
        min_score=float(found["min_score"].amount(Decimal(1))) if "min_score" in found else None,
        abilities=agentlimits.abilities(found.get("abilities")),
    )


def _knowledge(found: Marked | None, beside: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    texts: dict[str, str] = {}
    for one in found.items(20) if found else ():
        name, text = _text(one, beside)
        if not _KNOWLEDGE.fullmatch(name):
            one.wrong(f"{name!r} names no text: letters, digits and . _ -, 64 at most")
        if name in texts:
            one.wrong(f"there are two texts {name!r}; give one another name: `name: …, file: …`")
        texts[name] = text
    return tuple(texts.items())


def _text(one: Marked, beside: Mapping[str, str]) -> tuple[str, str]:
    if not one.is_mapping():
        path = one.text(300)
        stem = posixpath.splitext(posixpath.basename(path))[0]
        return stem, _beside(one, path, beside, TEXT)
    found = one.section(("name", "file", "text"), ("name",))
    name = found["name"].text(100)
    if ("file" in found) is ("text" in found):
        one.wrong(f"{one.path} has a `file:` or a `text:`, and not both")
    if "text" in found:
        return name, found["text"].text(TEXT)
    return name, _beside(found["file"], found["file"].text(300), beside, TEXT)

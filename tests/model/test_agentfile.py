"""Agents' files: the ones that ship, and what is said of a broken one."""

import pytest

from dihedral.domain.errors import Invalid
from dihedral.model.rules import agentfile
from dihedral.model.work import agenttexts

HEAD = "apiVersion: dihedral/v1\nkind: Agent\nmetadata: {name: drafter}\n"
GOOD = HEAD + "spec:\n  purpose: drafts\n  prompt: drafter.md\n  model: small\n"
BESIDE = {"drafter.md": "You draft.\n", "empty.md": " \n"}


@pytest.mark.parametrize("name", ["supervisor", "infrastructure", "triage"])
def test_a_shipped_agent_reads_the_same_however_it_is_kept(name: str) -> None:
    file = agenttexts.shipped()[name]
    kept = agentfile.packed(file)
    assert agentfile.unpacked(kept) == file
    assert agentfile.read(agentfile.show(file), {}, "x.yaml") == file
    assert file.needs.model in ("large", "small")


def test_the_way_a_file_is_written_does_not_count() -> None:
    inline = GOOD.replace("drafter.md", '{text: "You draft.\\n"}').replace("small", "{name: small}")
    tidy = GOOD + "  limits: {month: {money: 20.0}}\n"
    digests = {
        agentfile.digest(agentfile.packed(agentfile.read(text, BESIDE, "a.yaml")))
        for text in (GOOD, inline, tidy)
    }
    assert len(digests) == 1
    assert digests == {"edaea1edd79ff0bcc111a6e423ec014d761e1c501c0161725cdd93bba36607a0"}


def test_a_file_says_which_texts_it_names() -> None:
    text = GOOD + "  knowledge: [a.md, {name: b, file: deep/b.md}]\n"
    assert agentfile.mentions(text, "dir/x.yaml") == ("dir/drafter.md", "dir/a.md", "dir/deep/b.md")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a.yaml: the file is empty"),
        ("a: [", "a.yaml:1:5: "),
        ("- a", "a.yaml:1:1: the file is a mapping"),
        (GOOD.replace("v1", "v9"), "a.yaml:1:13: apiVersion is 'dihedral/v1', not 'dihedral/v9'"),
        (GOOD.replace("Agent", "Robot"), "a.yaml:2:7: kind is 'Agent', not 'Robot'"),
        (GOOD.replace("kind: Agent\n", ""), "a.yaml:1:1: the file lacks `kind:`"),
        (GOOD.replace("name: drafter", "nam: x"), "a.yaml:3:12: there is no 'nam' in metadata; "),
        (GOOD.replace("drafter}", "All Of It}"), "a.yaml:3:18: 'All Of It' cannot name an agent"),
        (GOOD.replace("purpose: drafts", "purpos: x"), "a.yaml:5:3: there is no 'purpos' in spec; "
         "did you mean purpose?"),
        (GOOD.replace("drafter.md", "other.md"), "a.yaml:6:11: there is no file 'other.md'"),
        (GOOD.replace("drafter.md", "../x.md"), "a.yaml:6:11: '../x.md' leads away"),
        (GOOD.replace("drafter.md", "/etc/x.md"), "a.yaml:6:11: '/etc/x.md' leads away"),
        (GOOD.replace("drafter.md", "empty.md"), "a.yaml:6:11: 'empty.md' is empty"),
        (GOOD.replace("drafter.md", "{file: x}"), "a.yaml:6:12: there is no 'file' in spec.prompt"),
        (GOOD.replace("small", "{name: s, prefer: luck}"), "a.yaml:7:28: spec.model.prefer is one "
         "of cost, speed, score, not 'luck'"),
        (GOOD.replace("small", "{name: s, min_score: 2}"), "a.yaml:7:31: spec.model.min_score is a "
         "number from 0 to 1, not '2'"),
        (GOOD.replace("small", "{prefer: cost}"), "a.yaml:7:10: spec.model lacks `name:`"),
        (GOOD + "  tools: run\n", "a.yaml:8:10: spec.tools is a list"),
        (GOOD + "  tools: [Run It]\n", "a.yaml:8:11: 'Run It' names no tool"),
        (GOOD + "  tools: [a, a]\n", "a.yaml:8:14: 'a' is said twice"),
        (GOOD + "  tools: [no]\n", "a.yaml:8:11: spec.tools[0] is text (put it in"
         " quotes), not 'no'"),
        (GOOD + "  tools: &x [a]\n", "a.yaml:8:10: anchors and aliases"),
        (GOOD + "  tools: !!python/name:os.system []\n", "a.yaml:8:10: tags (!) are not taken"),
        (GOOD + "  purpose: again\n", "a.yaml:8:3: 'purpose' is said twice"),
        (GOOD + "  limits: {turn: {rounds: 0}}\n", "a.yaml:8:27: spec.limits.turn.rounds is a whole"
         " number from 1 to 200, not '0'"),
        (GOOD + "  limits: {month: {money: nan}}\n", "a.yaml:8:27: spec.limits.month.money is a "),
        (GOOD + "  limits: {month: {money: 1.005}}\n", "in whole cents, not 1.005"),
        (GOOD + "  limits: {blast: huge}\n", "a.yaml:8:19: spec.limits.blast is one of contained"),
        (GOOD + "  grants: [{role: approver}]\n", "a.yaml:8:19: no agent is given approver"),
        (GOOD + "  grants: [{role: viewer, project: a, workspace: b}]\n", "and not both"),
        (GOOD + "  knowledge: [{name: a}]\n", "spec.knowledge[0] has a `file:` or a `text:`"),
        (GOOD + "  knowledge: [drafter.md, drafter.md]\n", "there are two texts 'drafter'"),
    ],
)  # fmt: skip
def test_a_broken_file_says_where_and_what_is_taken(text: str, why: str) -> None:
    with pytest.raises(Invalid) as fault:
        agentfile.read(text, BESIDE, "a.yaml")
    assert why in str(fault.value)

"""The terms document: read strictly, in layers, and never looser than what is fixed above."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import ORDER, Ruling
from dihedral.ops.rules import limits, terms
from dihedral.ops.rules.limits import TIERS, Tier
from dihedral.ops.rules.terms import Terms

PLAIN = Terms()

WRONG = [
    ("tires: {}", "there is no 'tires' in the terms; did you mean tiers?"),
    ("tiers: {delet: deny}", "there is no 'delet' in tiers; did you mean delete?"),
    ("tiers: {delete: {rulling: deny}}", "no 'rulling' in tiers.delete; did you mean ruling?"),
    ("tiers: {delete: perhaps}", "tiers.delete.ruling is 'perhaps'; it is allow, ask or deny"),
    ("tiers: {delete: no}", "tiers.delete is False; it is a mapping"),
    ("tiers: {delete: {approvers: 0}}", "tiers.delete.approvers is 0"),
    ("tiers: {delete: {approvers: true}}", "tiers.delete.approvers is True"),
    ("tiers: {delete: {ruling: deny, approvers: 2}}", "counts only where ruling is ask"),
    ("tiers: [delete]", "tiers is ['delete']; it is a mapping"),
    ("limits: {share: 25}", "limits.share is 25; it is a part of the workspace from 0 to 1"),
    ("limits: {increase: -1}", "limits.increase is -1"),
    ("limits: {increase: '100'}", "limits.increase is '100'"),
    ("limits: {expiry: 72}", "limits.expiry is 72; it is a time from 1m to 90d"),
    ("limits: {expiry: 0h}", "limits.expiry is '0h'"),
    ("limits: {gates: []}", "there is no 'gates' in limits"),
    ("network: {hosts: ['https://a.example']}", "network.hosts is 'https://a.example'"),
    ("network: {hosts: ['*']}", "network.hosts is '*'"),
    ("network: {hosts: ['a.*.example.org']}", "network.hosts is"),
    ("network: {host: []}", "did you mean hosts?"),
    ("policy: {sets: aws}", "policy.sets is 'aws'; it is a list"),
    ("policy: {settings: [1]}", "policy.settings is [1]"),
    ("guard: {provider: {}}", "did you mean providers?"),
    ("guard: {providers: {a/b: {version: 1}}}", r"guard: Expected `str`, got `int`"),
    ("fixed: [tiers.los]", "there is no 'tiers.los' in fixed; did you mean tiers.lost?"),
    ("fixed: [fixed]", "there is no 'fixed' in fixed"),
    ("tiers: {delete: deny, delete: allow}", "line 1: 'delete' is said twice"),
    ("tiers:\n  a: &x {}\n  b: *x", "line 2: anchors and aliases"),
    ("tiers: {1: deny}", "line 1: a key here is not text"),
    ("tiers: {on: deny}", "a key here is not text; put it in quotes"),
    ("usage: !!python/object:os.system {}", "tags (!) are not taken"),
    ("limits: {share: .nan}", "is no number"),
    ("limits: {share: .inf}", "is no number"),
    ("- a", "not a mapping of sections"),
    ("a: [", "not YAML as it is taken here: line 1"),
    ("tiers:\n\tdelete: deny", "line 2"),
    ("a: \x00", "not YAML"),
    ("usage: " + "[" * 60 + "]" * 60, "nested more than 50 levels"),
    ("[" * 20_000, "nested more than 50 levels"),
    ("usage: " + "9" * 5000, "not YAML"),
    ("#" * 300_000, "larger than 256 KB"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_fault_in_the_document_names_its_place_and_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        terms.read(text, PLAIN)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 700


def test_what_is_left_out_is_that_of_the_layer_below() -> None:
    server = terms.read("{limits: {increase: 20}, tiers: {update: allow}, usage: {a: 1}}", PLAIN)
    found = terms.read("{limits: {expiry: 1d}, tiers: {delete: {approvers: 3}}}", server)
    assert found.limits.increase.amount == Decimal(20)
    assert found.limits.expiry == timedelta(days=1)
    assert found.limits.tier("update").ruling is Ruling.ALLOW
    assert found.limits.tier("delete") == Tier(Ruling.ASK, "destroys", approvers=3)
    assert found.limits.tier("lost") == TIERS["lost"]
    assert found.usage == {"a": 1}


@pytest.mark.parametrize("text", ["", "  \n", "# nothing yet\n", "tiers:\nlimits:\nguard:\n"])
def test_a_document_that_says_nothing_changes_nothing(text: str) -> None:
    assert terms.read(text, PLAIN) == PLAIN


def test_what_a_server_fixes_a_workspace_makes_only_stricter() -> None:
    server = terms.read(
        "{fixed: [tiers.lost, limits.increase, network], network: {hosts: [a.example]}}", PLAIN
    )
    for text, path in (
        ("tiers: {lost: {approvers: 1}}", "tiers.lost"),
        ("tiers: {lost: allow}", "tiers.lost"),
        ("limits: {increase: 101}", "limits.increase"),
        ("network: {hosts: []}", "network"),
        ("tiers: {errored: ask}", "tiers.errored"),
    ):
        with pytest.raises(Invalid, match=f"{path} is fixed for every workspace"):
            terms.check(text, server)
        assert terms.document(terms.read(text, server)) == terms.document(server)
    stricter = terms.check("{tiers: {lost: deny}, limits: {increase: 5}}", server)
    assert stricter.limits.tier("lost").ruling is Ruling.DENY
    assert stricter.limits.increase.amount == Decimal(5)


def test_what_moved_says_whether_it_is_looser() -> None:
    after = terms.read(
        "{tiers: {delete: allow, update: deny}, limits: {share: 0.5, increase: 1},"
        " guard: {providers: [hashicorp/aws, evil/corp]}, network: {hosts: [a.example]},"
        " policy: {sets: [x]}}",
        PLAIN,
    )
    found = {one.path: one.looser for one in terms.moved(PLAIN, after)}
    assert found == {
        "guard": True,
        "network": True,
        "tiers.delete": True,
        "tiers.update": False,
        "limits.share": True,
        "limits.increase": False,
        "policy": None,
    }
    assert terms.moved(after, after) == ()


def test_a_grant_to_read_another_state_is_looser_and_shown_as_it_was_written() -> None:
    said = {"remote_states": [{"workspace": "network"}, {"backend": "s3", "where": {"key": "a"}}]}
    after = terms.read(yaml.safe_dump({"guard": said}), PLAIN)
    assert terms.document(after)["guard"]["remote_states"] == said["remote_states"]
    assert [(m.path, m.looser) for m in terms.moved(PLAIN, after)] == [("guard", True)]
    assert [(m.path, m.looser) for m in terms.moved(after, PLAIN)] == [("guard", False)]
    fixed = terms.read("fixed: [guard]", PLAIN)
    with pytest.raises(Invalid, match="guard is fixed"):
        terms.check(yaml.safe_dump({"guard": said}), fixed)


SLOW = settings(deadline=None, max_examples=60)
HOSTS = st.lists(st.sampled_from(["a.example", "*.b.example"]))
TIER = st.one_of(
    st.sampled_from(["allow", "ask", "deny"]),
    st.fixed_dictionaries({"ruling": st.just("ask"), "approvers": st.integers(1, 20)}),
)
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "tiers": st.dictionaries(
            st.sampled_from(sorted(set(TIERS) - {"errored"})), TIER, max_size=4
        ),
        "limits": st.fixed_dictionaries(
            {},
            optional={
                "share": st.floats(0, 1),
                "increase": st.integers(0, 10_000),
                "expiry": st.integers(1, 90).map("{}d".format),
            },
        ),
        "network": st.fixed_dictionaries({"hosts": HOSTS}),
        "policy": st.fixed_dictionaries({"sets": st.lists(st.sampled_from(["one", "two"]))}),
        "guard": st.fixed_dictionaries({"providers": st.lists(st.sampled_from(["a/b", "c/d"]))}),
        "usage": st.dictionaries(
            st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=2
        ),
        "fixed": st.lists(
            st.sampled_from(["tiers.lost", "limits.share", "limits.expiry", "guard"])
        ),
    },
).map(lambda d: yaml.safe_dump(d))


@SLOW
@given(DOCUMENT, DOCUMENT)
def test_showing_and_reading_again_gives_the_same_terms(one: str, two: str) -> None:
    found = terms.read(two, terms.read(one, PLAIN))
    assert terms.read(terms.show(found), PLAIN) == found


@SLOW
@given(DOCUMENT)
def test_reading_twice_is_reading_once(text: str) -> None:
    found = terms.read(text, PLAIN)
    assert terms.read(text, found) == found


@SLOW
@given(DOCUMENT, DOCUMENT)
def test_no_document_makes_what_is_fixed_looser(one: str, two: str) -> None:
    base = terms.read(one, PLAIN)
    found = terms.read(two, base)
    assert set(base.fixed) <= set(found.fixed)
    loose = {m.path for m in terms.moved(base, found) if m.looser}
    assert not loose & set(base.fixed)
    if "guard" in base.fixed:
        assert found.guard == base.guard


@SLOW
@given(DOCUMENT)
def test_no_document_takes_a_gate_away_or_adds_a_tier(text: str) -> None:
    found = terms.read(text, PLAIN).limits
    assert found.gates == PLAIN.limits.gates
    assert set(found.tiers) == set(TIERS)
    assert found.tier("no such thing").ruling is Ruling.DENY


TIERS_OF = st.builds(
    lambda ruling, n: Tier(ruling, "x", approvers=n if ruling is Ruling.ASK else 1),
    st.sampled_from(list(Ruling)),
    st.integers(1, 5),
)


@given(TIERS_OF, TIERS_OF, TIERS_OF)
def test_the_stricter_of_tiers_joins(one: Tier, two: Tier, three: Tier) -> None:
    join = limits.stricter
    assert join(one, two) == join(two, one)
    assert join(one, join(two, three)) == join(join(one, two), three)
    assert join(one, one) == one
    assert ORDER.index(join(one, two).ruling) >= ORDER.index(one.ruling)
    assert not limits.looser(join(one, two), one)
    assert limits.looser(one, two) or join(one, two) == one


def test_the_words_of_a_tier_are_not_what_a_document_changes() -> None:
    found: dict[str, Any] = {name: "deny" for name in TIERS}
    read = terms.read(yaml.safe_dump({"tiers": found}), PLAIN)
    assert {n: t.says for n, t in read.limits.tiers.items()} == {
        n: t.says for n, t in TIERS.items()
    }
    assert replace(read, limits=PLAIN.limits) == PLAIN


def test_the_document_about_terms_lists_every_tier_and_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "terms.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \| (\w+)(?:, (\d+) people)? \|", page, re.MULTILINE)
    assert [(n, Ruling(r), int(p or 1)) for n, r, p in told] == [
        (n, t.ruling, t.approvers) for n, t in TIERS.items()
    ]
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    assert terms.read(example[1], PLAIN).limits.tier("lost").approvers == 3

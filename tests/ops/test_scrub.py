"""Free text without secrets: what is known, in every form that it may have, and what looks so."""

import base64
import gzip
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.ids import VariableId, WorkspaceId
from dihedral.domain.workspace import Category, Variable
from dihedral.ops.rules import redact, scrub, state
from tests.ops import plans
from tests.ops.plans import change

H = scrub.HIDDEN


@pytest.mark.parametrize(
    ("secrets", "text", "left"),
    [
        (["abcdef"], "xxabcdefyy", f"xx{H}yy"),
        (["abcdef", "abcdefgh"], "abcdefgh abcdef", f"{H} {H}"),  # the longest first
        (["abcdef", "defxyz"], "abcdefxyz", H),  # overlapping: as one
        (["root"], "root or uproot", f"{H} or uproot"),  # a short one is a word of its own
        (["abc"], "abc", "abc"),  # too short to be told from anything
        (['p"a\\s$1'], json.dumps({"x": 'p"a\\s$1'}), json.dumps({"x": H})),
        (["a b/c?de"], f"db://u:{quote('a b/c?de', safe='')}@h", f"db://{H}@h"),
        (["hunter2000"], base64.b64encode(b"hunter2000").decode(), f"{H}=="),
        (["é" * 6], "x" + "é" * 6, f"x{H}"),
    ],
)
def test_a_known_secret_goes_in_all_its_forms(secrets: list[str], text: str, left: str) -> None:
    known = scrub.known(secrets)
    found = scrub.shaped(known.hide(text))
    assert found.replace(" ", "") == left.replace(" ", "")


SPELT = 'p"a\\s<$1>&${x}/é'


@pytest.mark.parametrize(
    "carried",
    [
        json.dumps(SPELT),
        json.dumps(SPELT, ensure_ascii=False),
        json.dumps(SPELT, ensure_ascii=False).translate(
            {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}  # as Go writes it
        ),
        html.escape(SPELT),
        quote(SPELT, safe=""),
        quote(SPELT, safe="").lower(),
        quote_plus(SPELT),
        SPELT.encode().hex(),
        SPELT.encode().hex().upper(),
        json.dumps(SPELT, ensure_ascii=False).replace("${", "$${"),
    ],
)
def test_whatever_carries_a_secret_does_not_carry_it_through(carried: str) -> None:
    assert H in scrub.known([SPELT]).hide(f"<{carried}>")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=7), st.text("aZ09+/<>?", min_size=8, max_size=20), st.binary(max_size=7))
def test_base64_is_seen_through_wherever_a_secret_begins(
    before: bytes, secret: str, after: bytes
) -> None:
    whole = before + secret.encode() + after
    for code in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
        left = scrub.known([secret]).hide(code.decode()).replace(H, "")
        assert len(left) <= (len(before) + len(after)) * 4 / 3 + 6


def test_a_text_that_was_cut_does_not_end_in_the_beginning_of_a_secret() -> None:
    known = scrub.known(["hunter2000!", "huntsman"])
    assert known.hide("it is hunter20…") == f"it is {H}…"
    assert known.hide("it is hunter20") == "it is hunter20"
    assert known.hide("a hunter2 with a gun…") == "a hunter2 with a gun…"


def test_a_secret_of_several_lines_is_known_by_each_that_says_something() -> None:
    known = scrub.known(["user: app\npin: 83hf-xx1\n---\n"])
    assert known.hide("  pin: 83hf-xx1") == f"  {H}"


LETTERS = st.text("abc1", min_size=4, max_size=9)


@settings(max_examples=200, deadline=None)
@given(st.sets(LETTERS, max_size=12), st.text("abc1 ", max_size=60))
def test_no_known_text_is_left(secrets: set[str], text: str) -> None:
    left = scrub.known(secrets).hide(text)
    whole = set(left.replace(H, " ").split())
    assert not [s for s in secrets if (len(s) >= scrub.WHOLE and s in left) or s in whole]


GIVEN = [
    ("export DB_PASSWORD=hunter2", f"export DB_PASSWORD={H}"),
    ("password: hunter2\nuser: app", f"password: {H}\nuser: app"),
    ("{'api_token': 'abc12345', x}", f"{{'api_token': '{H}', x}}"),
    ("run --client-secret abc12345 now", f"run --client-secret {H} now"),
    ("https://x/?access_token=abc12345&y=1", f"https://x/?access_token={H}&y=1"),
    ("key AKIAABCDEFGHIJKLMNOP", f"key {H}"),
]
SPARED = [
    "this looks like a secret: take it out",
    "DB_PASSWORD=$OTHER",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
    "allow arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf too",
    "password_length=16 and token_ttl: 3600",
    "the password is set",
    "aws_secretsmanager_secret.a: tcp port 22 to the internet",
]


@pytest.mark.parametrize(("text", "left"), GIVEN)
def test_what_looks_like_a_secret_goes(text: str, left: str) -> None:
    assert scrub.shaped(text) == left


@pytest.mark.parametrize("text", SPARED)
def test_what_only_speaks_of_one_stays(text: str) -> None:
    assert scrub.shaped(text) == text


def test_what_is_packed_is_looked_into_but_not_too_far() -> None:
    bomb = base64.b64encode(gzip.compress(b"\0" * (64 << 20))).decode()
    assert len(scrub.unpacked(bomb)) == 1 << 20
    assert scrub.unpacked("not packed, this") == ""
    assert scrub.unpacked(base64.b64encode(gzip.compress(b"text of it")).decode()) == "text of it"


def test_a_sensitive_value_cannot_make_the_addresses_of_a_plan_unreadable() -> None:
    """Else `sensitive("web")` would hide from a reader what is destroyed."""
    held = {"after": {"x": "webserver"}, "after_sensitive": {"x": True}}
    found = plans.read(change('aws_x.webserver["one.two"]', "update", **held))
    assert redact.scrubber(found)("destroys aws_x.webserver") == "destroys aws_x.webserver"
    (entry,) = redact.redact(found)
    assert (entry["address"], entry["after"]["x"]) == ('aws_x.webserver["one.two"]', H)


def test_a_number_under_a_mark_goes_elsewhere_too() -> None:
    held = {"after": {"pin": 987654321}, "after_sensitive": {"pin": True}}
    found = plans.read(
        change("aws_x.a", "update", **held), change("aws_x.b", "create", after={"n": 987654321})
    )
    assert redact.redact(found)[1]["after"] == {"n": H}
    assert redact.scrubber(found)("it is 987654321.") == f"it is {H}."


def _variable(key: str, value: str, category: Category, sensitive: bool) -> Variable:
    return Variable(
        id=VariableId(f"var-{key}"),
        workspace=WorkspaceId("ws-1"),
        key=key,
        category=category,
        sensitive=sensitive,
        value=value,
    )


def test_what_a_workspace_holds_as_sensitive_goes_before_and_after_planning() -> None:
    variables = [
        _variable("login", "new-Login-77", Category.TERRAFORM, True),
        _variable("AWS_SECRET_ACCESS_KEY", "env-Key-88", Category.ENV, False),
        _variable("size", "a-size-of-9", Category.TERRAFORM, False),
    ]
    found = plans.read(
        change("aws_x.a", "create", after={"note": "old-Login-66 env-Key-88 a-size-of-9"}),
        variables={"login": {"value": "old-Login-66"}},
    )
    (entry,) = redact.redact(found, variables)
    assert entry["after"]["note"] == f"{H} {H} a-size-of-9"
    clear = redact.before_plan(variables)
    assert clear("Error: new-Login-77, env-Key-88") == f"Error: {H}, {H}"


def test_what_only_the_workspace_holds_as_sensitive_is_in_no_output_and_is_not_lent() -> None:
    """Terraform marks it in no state, since the configuration does not declare it sensitive."""
    held = [
        Variable(
            id=VariableId(f"var-{n}"), workspace=WorkspaceId("ws-1"), key=n, value=v, sensitive=True
        )
        for n, v in {"login": "hunter2000", "pin": "48213377"}.items()
    ]
    said = {"url": "db://hunter2000@h", "deep": [{"pin": 48213377}], "pin": 48213377, "size": 5}
    clear = redact.outputs(held)
    assert clear(said) == {"url": f"db://{H}@h", "deep": [{"pin": H}], "pin": H, "size": 5}
    outputs = {name: {"value": value, "type": "string"} for name, value in said.items()}
    whole = {"version": 4, "lineage": "l", "serial": 9, "outputs": outputs, "resources": []}
    lent = json.loads(state.lent(json.dumps(whole).encode(), "ws-1", clear))
    assert lent["outputs"].keys() == {"size"}

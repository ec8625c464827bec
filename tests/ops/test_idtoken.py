"""What an ID token must say, and who it says somebody is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dihedral.domain.errors import Nobody
from dihedral.ops.rules import idtoken
from dihedral.ops.rules.idtoken import Expected, Identity

NOW = datetime(2030, 1, 1, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, CLIENT = "https://id.example", "dihedral"
EXPECTED = Expected(issuer=ISSUER, client=CLIENT, nonce="n", now=NOW)
GOOD = {"iss": ISSUER, "aud": CLIENT, "nonce": "n", "iat": AT, "exp": AT + 300, "sub": "u-1"}


def read(**claims: Any) -> Identity:
    """A good token, but for these claims; None leaves one out."""
    told = {k: v for k, v in {**GOOD, **claims}.items() if v is not None}
    return idtoken.identity(told, EXPECTED, "groups")


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"nonce": "of another login"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another program"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": ["another program"]}, "aud"),
        ({"aud": {CLIENT: 1}}, "aud"),
        ({"aud": [CLIENT, "another program"]}, "azp"),
        ({"aud": [CLIENT, "another program"], "azp": "another program"}, "azp"),
        ({"azp": "another program"}, "azp"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": f"{ISSUER}/"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"exp": AT - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "later"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": float("inf")}, "exp"),
        ({"exp": 10**400}, "exp"),
        ({"iat": AT - 601}, "iat"),
        ({"iat": AT + 61}, "iat"),
        ({"iat": None}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": "a\0"}, "sub"),
        ({"sub": "\ud800"}, "sub"),
        ({"sub": "ä"}, "sub"),
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_names_nobody(claims: dict[str, Any], says: str) -> None:
    with pytest.raises(Nobody, match=says):
        read(**claims)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"exp": AT - 59},
        {"iat": AT + 59},
        {"iat": AT - 599.5},
    ],
    ids=str,
)
def test_a_token_that_is_for_us_names_somebody(claims: dict[str, Any]) -> None:
    assert read(**claims).subject == "u-1"


@pytest.mark.parametrize(
    ("claims", "ids"),
    [
        ({}, ["u-1"]),
        ({"preferred_username": "ada"}, ["ada", "u-1"]),
        ({"preferred_username": "u-1"}, ["u-1"]),
        ({"preferred_username": "System"}, ["u-1"]),
        ({"preferred_username": "a b", "email": "a@b.c", "email_verified": True}, ["a@b.c", "u-1"]),
        ({"email": "a@b.c"}, ["u-1"]),
        ({"email": "a@b.c", "email_verified": "true"}, ["u-1"]),
        ({"email": "a@b.c", "email_verified": 1}, ["u-1"]),
        ({"sub": "auth0|x"}, ["auth0-x"]),
    ],
    ids=str,
)
def test_somebody_is_called_by_the_best_name_that_can_be_one(
    claims: dict[str, Any], ids: list[str]
) -> None:
    assert list(read(**claims).ids) == ids


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        (None, []),
        ("web", ["web"]),
        (["web", "ops", 7, None], ["ops", "web"]),
        ({"web": True}, []),
    ],
    ids=str,
)
def test_groups_are_a_list_of_names_or_one(groups: Any, found: list[str]) -> None:
    assert sorted(read(groups=groups).groups) == found


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    10**400,
    "",
    "x" * 300,
    "\0",
    "\ud800",
    [],
    [None],
    {},
)


@pytest.mark.parametrize("name", [*GOOD, "azp", "groups", "name", "email", "preferred_username"])
def test_whatever_a_token_says_it_is_read_or_refused(name: str) -> None:
    for value in ODD:
        told = {"email_verified": True, **GOOD, name: value}
        try:
            found = idtoken.identity(told, EXPECTED, "groups")
        except Nobody:
            continue
        assert found.subject == told["sub"]

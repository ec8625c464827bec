"""Passwords, waits, and when a session or a token is over."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dihedral.domain.actor import HOME
from dihedral.domain.errors import Forbidden, Invalid
from dihedral.domain.ids import ActorId, SessionId, TokenId, WorkspaceId
from dihedral.domain.person import ApiToken, Session, new_id
from dihedral.domain.right import Role
from dihedral.ops.rules import access, lockout, proofkey, secrecy

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ADA = ActorId("ada.lovelace1")
SESSION = Session(
    id=SessionId("ses-1"),
    person=ADA,
    organization=HOME,
    how="password",
    agent="",
    address="",
    rotated_at=NOW,
    created_at=NOW,
    seen_at=NOW,
    expires_at=NOW + secrecy.LIFE,
)
TOKEN = ApiToken(
    id=TokenId("at-1"),
    person=ADA,
    organization=HOME,
    name="CI",
    role=Role.ADMINISTRATOR,
    created_at=NOW,
    expires_at=NOW + timedelta(days=90),
)


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("short", False),
        ("eleven sign", False),
        ("twelve signs", True),
        ("aaaaaaaaaaaa", True),  # no silly rules
        ("correct horse battery staple", True),
        ("пароль пароль", True),
        ("!!!!!!!!!!!!", True),
        ("ada.lovelace1", False),
        ("Ada Lovelace 1", False),
        ("ada.lovelace12", True),
        ("x" * 256, True),
        ("x" * 257, False),
    ],
)
def test_a_password_is_long_and_not_the_name(password: str, fine: bool) -> None:
    if fine:
        return secrecy.demand_password(password, ADA, "", "")
    with pytest.raises(Invalid):
        secrecy.demand_password(password, ADA, "", "")


def test_who_fails_waits_longer_each_time_and_never_for_ever() -> None:
    waits = [lockout.wait(n, lockout.FREE_PERSON) for n in range(100)]
    assert not any(waits[: lockout.FREE_PERSON])
    assert waits[lockout.FREE_PERSON] == lockout.FIRST
    assert all(a <= b for a, b in itertools.pairwise(waits))
    assert waits[-1] == lockout.LONGEST
    assert lockout.until(5, NOW, lockout.FREE_PERSON) == NOW + lockout.FIRST


@pytest.mark.parametrize(
    ("session", "says"),
    [
        (SESSION, ""),
        (replace(SESSION, seen_at=NOW - secrecy.IDLE), "idle"),
        (replace(SESSION, expires_at=NOW), "is over"),
        (replace(SESSION, revoked_at=NOW), "was ended"),
    ],
)
def test_a_session_is_over(session: Session, says: str) -> None:
    why = secrecy.session_over(session, NOW)
    assert says in why and bool(why) == bool(says)


def test_a_token_is_over_at_its_end_and_when_it_was_revoked() -> None:
    assert secrecy.token_over(TOKEN, NOW) == ""
    assert "expired" in secrecy.token_over(TOKEN, TOKEN.expires_at)
    assert "revoked" in secrecy.token_over(replace(TOKEN, revoked_at=NOW), NOW)


def test_a_token_ends_within_a_year_and_with_what_made_it() -> None:
    assert secrecy.token_end(NOW, 365) == NOW + timedelta(days=365)
    assert secrecy.token_end(NOW, 90, NOW + timedelta(days=3)) == NOW + timedelta(days=3)
    for days in (0, 366):
        with pytest.raises(Invalid):
            secrecy.token_end(NOW, days)


SHOP = WorkspaceId("ws-shop")


@pytest.mark.parametrize(
    ("parent", "workspace", "fine"),
    [
        (None, None, True),
        (TOKEN, None, True),
        (TOKEN, SHOP, True),
        (replace(TOKEN, workspace=SHOP), SHOP, True),
        (replace(TOKEN, workspace=SHOP), None, False),
        (replace(TOKEN, workspace=SHOP), WorkspaceId("ws-other"), False),
        *((replace(TOKEN, role=r), None, False) for r in Role if r is not Role.ADMINISTRATOR),
    ],
)
def test_a_token_makes_none_wider_than_itself(
    parent: ApiToken | None, workspace: WorkspaceId | None, fine: bool
) -> None:
    if fine:
        return access.may_mint(parent, workspace)
    with pytest.raises(Forbidden):
        access.may_mint(parent, workspace)


def test_a_lesser_token_ends_nothing_but_itself() -> None:
    lesser = replace(TOKEN, role=Role.OPERATOR)
    for token, key in ((None, "at-2"), (TOKEN, "at-2"), (lesser, lesser.id)):
        access.may_end(token, key)
    with pytest.raises(Forbidden, match="ends nothing but itself"):
        access.may_end(lesser, "at-2")


def test_a_challenge_is_the_one_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    made = proofkey.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert made == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    proofkey.demand_challenge(made)
    for wrong in ("", "x" * 42, "x" * 44, f"{'x' * 42}=", "x" * 42 + "\n"):
        with pytest.raises(Invalid):
            proofkey.demand_challenge(wrong)


@pytest.mark.parametrize("name", ["local", "Local", "SYSTEM", "nobody", "a b", ""])
def test_nobody_is_called_like_what_is_no_person(name: str) -> None:
    with pytest.raises(Invalid):
        new_id(name)

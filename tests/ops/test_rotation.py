"""Which key signs and which are published, whenever somebody happens to look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.token import Alg, TokenKey
from dihedral.ops.rules import claims, rotation
from dihedral.ops.rules.rotation import KEEPS, LEAD, SIGNS

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def made(keys: list[TokenKey], now: datetime, alg: Alg = Alg.ES256) -> list[TokenKey]:
    """The keys once the next one is there, as the store keeps them."""
    starts = rotation.begins(rotation.look(keys, alg, now), now)
    new = TokenKey(id=f"k{len(keys)}", alg=alg, public={}, created_at=now, signs_from=starts)
    open_ = [k for k in keys if k.retires_at is None and k.alg is alg]
    ended = [replace(k, retires_at=rotation.retires(starts)) if k in open_ else k for k in keys]
    return [*ended, new]


def looked(keys: list[TokenKey], now: datetime) -> list[TokenKey]:
    return made(keys, now) if rotation.look(keys, Alg.ES256, now).due else keys


def test_the_first_key_signs_at_once_and_there_is_none_before() -> None:
    assert rotation.look([], Alg.ES256, BEGAN) == rotation.Look(None, (), None, True)
    [key] = made([], BEGAN)
    held = rotation.look([key], Alg.ES256, BEGAN)
    assert (held.signs, held.published, held.due) == (key, (key,), False)


def test_a_life_of_two_keys_in_order() -> None:
    [first] = made([], BEGAN)
    assert not rotation.look([first], Alg.ES256, BEGAN + SIGNS - LEAD - DAY).due
    due = BEGAN + SIGNS - LEAD
    assert rotation.look([first], Alg.ES256, due).due
    old, new = made([first], due)
    published = rotation.look([old, new], Alg.ES256, due)
    assert (published.signs, published.waits) == (old, new)
    assert published.published == (old, new) and not published.due
    turn = due + LEAD
    assert rotation.look([old, new], Alg.ES256, turn - timedelta(seconds=1)).signs == old
    assert rotation.look([old, new], Alg.ES256, turn).signs == new
    assert old in rotation.look([old, new], Alg.ES256, turn + claims.LIFE + claims.LEEWAY).published
    assert rotation.look([old, new], Alg.ES256, turn + KEEPS).published == (new,)


def test_keys_of_another_algorithm_do_not_count() -> None:
    keys = made(made([], BEGAN), BEGAN, Alg.RS256)
    assert [key.alg for key in rotation.look(keys, Alg.ES256, BEGAN).published] == [Alg.ES256]
    assert rotation.look(keys[:1], Alg.RS256, BEGAN).due


def test_a_first_key_of_a_server_whose_clock_is_fast_signs_here_too() -> None:
    [key] = made([], BEGAN + timedelta(seconds=3))
    held = rotation.look([key], Alg.ES256, BEGAN)
    assert (held.signs, held.due) == (key, False)


def test_a_key_outlives_every_token_that_it_signed() -> None:
    assert claims.LIFE + claims.LEEWAY < KEEPS < LEAD < SIGNS


steps = st.lists(st.integers(0, 60 * 24 * 45), min_size=1, max_size=60)  # minutes between looks


@given(steps)
def test_whoever_looks_whenever_one_key_signs_and_every_live_token_has_its_key(
    steps: list[int],
) -> None:
    keys: list[TokenKey] = []
    tokens: list[tuple[TokenKey, datetime]] = []
    seen: dict[str, datetime] = {}
    now = BEGAN
    for minutes in steps:
        now += timedelta(minutes=minutes)
        keys = looked(keys, now)
        held = rotation.look(keys, Alg.ES256, now)
        assert held.signs is not None and held.signs in held.published and not held.due
        for key in held.published:
            seen.setdefault(key.id, now)
        known = {key.id for key in held.published}
        assert {key.id for key, until in tokens if now < until} <= known
        assert held.signs.id == "k0" or now - seen[held.signs.id] >= LEAD
        assert len(known) <= 2
        tokens.append((held.signs, now + claims.LIFE + claims.LEEWAY))

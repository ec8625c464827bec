"""Logging in with a password, and the life of a session, through the front door."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from dihedral.control import cookies
from dihedral.control.web import assets, browsers
from dihedral.domain.right import Role
from dihedral.kit import mint
from dihedral.ops.rules import lockout, secrecy
from dihedral.ops.work import links
from tests.actors import person
from tests.control.conftest import World
from tests.control.logins import PASSWORD, browser, hidden, invited, known, log_in, told

pytestmark = pytest.mark.anyio

NEW = "another quite long sentence"


def cookie(answer: httpx.Response) -> str:
    """The session's secret that an answer sets, or nothing."""
    found = re.search(r"(?:^|, )dihedral=([^;]*)", answer.headers.get("set-cookie", ""))
    return found[1] if found else ""


async def sessions(world: World, secret: str) -> list[str]:
    async with browser(world, secret) as client:
        return [one["id"] for one in (await client.get("/v1/sessions")).json()["items"]]


async def alive(world: World, secret: str) -> bool:
    async with browser(world, secret) as client:
        return (await client.get("/v1/account")).status_code == 200


async def test_a_person_logs_in_and_out(world: World) -> None:
    await known(world, "bo", Role.VIEWER)
    async with browser(world) as client:
        page = await client.get("/account")
        assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Faccount")
        entered = await log_in(client, "bo")
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        me = (await client.get("/v1/account")).json()
        assert (me["id"], me["token"], bool(me["session"])) == ("bo", None, True)
        assert "Roles in default" in (await client.get("/account")).text
        secret = cookie(entered)
        left = await client.post("/logout")
        assert left.headers["location"] == "/logged-out"
        assert (await client.get("/logged-out")).status_code == 200
    assert not await alive(world, secret)
    assert [(who, how) for who, _, how, _ in await told(world, "session.create")][-1] == (
        "bo",
        "done",
    )


async def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    await known(world, "bo")
    async with browser(world) as client:
        plain = (await log_in(client, "bo")).headers["set-cookie"]
    assert plain.startswith("dihedral=dhs_")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(plain.split("; "))
    assert "Secure" not in plain


async def test_by_tls_the_cookie_is_of_this_host_alone() -> None:
    from starlette.requests import Request

    scope = {"type": "http", "method": "GET", "scheme": "https", "path": "/", "query_string": b""}
    request = Request({**scope, "server": ("dihedral.example", 443), "headers": []})
    cookies.keep(request, "x")
    (line,) = request.state.cookies.values()
    assert line.startswith("__Host-dihedral=x; ")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
    assert "Domain" not in line
    request = Request({**scope, "headers": [(b"cookie", b"dihedral=dhs_planted")]})
    assert cookies.session(request) == ""  # what was set in the clear does not count


@pytest.mark.parametrize("name", ["bo", "eve", "dot", "no one", "", "x" * 300, "bo'--", "böse"])
async def test_whoever_does_not_log_in_learns_nothing(world: World, name: str) -> None:
    """A wrong password, an unknown name, one who is kept out, and what can be no name."""
    await known(world, "bo")
    await known(world, "dot")
    async with world.client() as client:
        await client.post("/v1/people/dot/disable")
    wrong = PASSWORD if name == "dot" else "a wrong password"
    async with browser(world) as client:
        answer = await log_in(client, name, wrong)
    assert (answer.status_code, cookie(answer)) == (401, "")
    assert "the name or the password is wrong" in answer.text
    *_, (who, whom, how, _) = await told(world, "session.create")
    assert (who, how) == ("nobody", "denied")
    assert whom == (name if name in ("bo", "dot") else "(a name that is not known)")


async def test_an_account_waits_after_five_failures_and_ever_longer(world: World) -> None:
    await known(world, "bo")
    async with browser(world) as client:
        for _ in range(lockout.FREE_PERSON):
            assert "is wrong" in (await log_in(client, "bo", "wrong")).text
        answers = [await log_in(client, "bo") for _ in range(3)]  # even with the right one
    assert all("too many logins failed" in a.text and a.status_code == 401 for a in answers)
    after = world.later(timedelta(seconds=31))
    async with browser(after) as client:
        assert "is wrong" in (await log_in(client, "bo", "wrong")).text
    async with browser(world.later(timedelta(seconds=62))) as client:
        assert "too many" in (await log_in(client, "bo")).text
    async with browser(world.later(timedelta(seconds=95))) as client:
        assert (await log_in(client, "bo")).status_code == 303
        for _ in range(lockout.FREE_PERSON):  # a login forgives
            assert "is wrong" in (await log_in(client, "bo", "wrong")).text


async def test_an_unknown_name_waits_as_a_known_one_does(world: World) -> None:
    async with browser(world) as client:
        said = [(await log_in(client, "eve", "wrong")).text for _ in range(7)]
    assert ["too many" in text for text in said] == [False] * 5 + [True] * 2


async def test_an_address_waits_after_twenty_failures(world: World) -> None:
    await known(world, "bo")
    async with browser(world) as client:
        for number in range(lockout.FREE_ADDRESS):
            assert "is wrong" in (await log_in(client, f"name-{number}", "wrong")).text
        assert "too many" in (await log_in(client, "bo")).text


async def test_guesses_at_once_are_counted_one_by_one(world: World) -> None:
    await known(world, "bo")

    async def guess() -> bool:
        async with browser(world) as client:
            return "too many" in (await log_in(client, "bo", "wrong")).text

    refused = await asyncio.gather(*(guess() for _ in range(12)))
    assert refused.count(False) == lockout.FREE_PERSON


async def test_a_login_never_takes_over_a_session_that_was_there(world: World) -> None:
    """Session fixation: what somebody planted, or another person's session, is not gone on with."""
    victim, planted = await known(world, "bo"), f"dhs_{'x' * 43}"
    await known(world, "eve")
    async with browser(world, planted) as client:
        fresh = cookie(await log_in(client, "eve"))
    assert fresh not in ("", planted)
    assert not await alive(world, planted)
    async with browser(world, victim) as client:
        await log_in(client, "eve")
    assert not await alive(world, victim)


async def test_a_session_is_kept_hashed(world: World) -> None:
    secret = await known(world, "bo")
    async with world.ops.db.tx() as tx:
        rows = await tx.rows(b"SELECT * FROM session")
    assert [bytes(row["hash"]) for row in rows] == [mint.hashed(secret)]
    assert secret not in str(rows)


async def test_a_session_ends_when_it_is_idle_and_in_any_case_after_a_week(world: World) -> None:
    secret = await known(world, "bo")
    assert await alive(world.later(secrecy.IDLE - timedelta(minutes=1)), secret)
    idle = world.later(2 * secrecy.IDLE)
    assert not await alive(idle, secret)
    secret = await invited(world, "bo")
    hours = 0
    while await alive(world.later(timedelta(hours=hours)), secret):
        hours += 6
    assert timedelta(hours=hours) == secrecy.LIFE


async def test_a_session_changes_its_secret_every_hour(world: World) -> None:
    first = await known(world, "bo")
    hour = world.later(secrecy.ROTATION)
    async with browser(hour, first) as client:
        second = cookie(await client.get("/v1/account"))
        assert second not in ("", first)
        assert (await client.get("/v1/account")).status_code == 200
    assert await alive(hour, first)  # the successor counts from its first use on
    assert await alive(hour, second)
    assert await alive(hour, first)  # calls that were under way
    assert not await alive(hour.later(2 * secrecy.GRACE), first)
    assert not await alive(hour, second)  # one of the two was a thief
    assert "had been replaced" in (await told(world, "session.revoke"))[-1][-1]


async def test_a_successor_that_never_arrived_is_no_end(world: World) -> None:
    first = await known(world, "bo")
    async with browser(world.later(secrecy.ROTATION), first) as client:
        lost = cookie(await client.get("/v1/account"))
    async with browser(world.later(secrecy.ROTATION + timedelta(hours=1)), first) as client:
        other = cookie(await client.get("/v1/account"))
    assert other not in ("", lost)
    assert not await alive(world.later(secrecy.ROTATION + timedelta(hours=1)), lost)


async def test_the_secret_changes_also_where_the_answer_is_a_fault(world: World) -> None:
    first = await known(world, "bo", Role.VIEWER)
    async with browser(world.later(secrecy.ROTATION), first) as client:
        answer = await client.post("/v1/projects", json={"name": "web"})
    assert (answer.status_code, cookie(answer) != "") == (403, True)


async def test_sessions_are_listed_and_ended_by_whose_they_are(world: World) -> None:
    first = await known(world, "bo", Role.VIEWER)
    async with browser(world) as client:
        await log_in(client, "bo")
        both = (await client.get("/v1/sessions")).json()["items"]
        other = next(one for one in both if not one["current"])
        assert (await client.delete(f"/v1/sessions/{other['id']}")).status_code == 204
        assert len((await client.get("/v1/sessions")).json()["items"]) == 1
    assert len(both) == 2 and not await alive(world, first)


async def test_a_session_of_another_is_not_there_but_for_an_administrator(world: World) -> None:
    secret = await known(world, "bo", Role.VIEWER)
    eve = await known(world, "eve", Role.OPERATOR)
    (key,) = await sessions(world, secret)
    async with browser(world, eve) as client:
        assert (await client.delete(f"/v1/sessions/{key}")).status_code == 403
        assert (await client.get("/v1/sessions", params={"person": "bo"})).status_code == 403
    async with world.client("ada") as client:
        listed = (await client.get("/v1/sessions", params={"person": "bo"})).json()["items"]
        assert [one["id"] for one in listed] == [key]
        assert (await client.delete(f"/v1/sessions/{key}")).status_code == 204
    assert not await alive(world, secret)


async def test_who_is_kept_out_is_out_at_once(world: World) -> None:
    secret = await known(world, "bo")
    await known(world, "cy")
    async with world.client() as client:
        await client.post("/v1/people/bo/disable")
    assert not await alive(world, secret)
    async with world.client() as client:
        await client.post("/v1/people/bo/enable")
    assert not await alive(world, secret)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": ""},
    ],
    ids=str,
)
async def test_a_cookie_changes_nothing_for_a_page_of_another_site(
    world: World, headers: dict[str, str]
) -> None:
    secret = await known(world, "bo")
    async with browser(world, secret, **headers) as client:
        answer = await client.post("/v1/projects", json={"name": "web"})
    assert answer.status_code == 403
    async with browser(world, secret) as client:
        assert len((await client.get("/v1/projects")).json()["items"]) == 1


async def test_a_login_leads_to_a_path_of_ours_and_nowhere_else(world: World) -> None:
    await known(world, "bo")
    for after, path in (
        ("/login/cli?port=1", "/login/cli?port=1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nX: y", "/"),
    ):
        async with browser(world) as client:
            form = {"name": "bo", "password": PASSWORD, "next": after}
            assert (await client.post("/login", data=form)).headers["location"] == path


async def test_pages_run_no_script_and_stand_in_no_frame(world: World) -> None:
    secret = await known(world, "bo")
    async with browser(world, secret) as client:
        for path in ("/login", "/account", "/logged-out", "/welcome?key=x"):
            answer = await client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "script-src 'self';" in policy and "unsafe" not in policy
            assert not re.findall(r"<script(?! src=\"/static/)|\son\w+=|style=", answer.text)
            assert answer.headers.get_list("referrer-policy") == ["same-origin"]


async def test_what_pages_are_made_of_is_kept_for_good_under_its_digest(world: World) -> None:
    async with browser(world) as client:
        for name, kind in (("dihedral.css", "text/css"), ("htmx.js", "text/javascript")):
            answer = await client.get(assets.path(name))
            assert answer.headers["content-type"].startswith(kind)
            assert "immutable" in answer.headers["cache-control"]
        assert (await client.get("/static/0000000000000000/htmx.js")).status_code == 404
        assert (await client.get("/sign/3")).headers["content-type"] == "image/svg+xml"
        assert (await client.get("/sign/x")).status_code == 404


async def test_what_was_typed_is_shown_as_text(world: World) -> None:
    async with browser(world) as client:
        answer = await log_in(client, '"><b>x', "wrong")
    assert "<b>x" not in answer.text and "&lt;b&gt;x" in answer.text


async def test_the_first_administrator_comes_by_a_link_once(world: World) -> None:
    async with world.client("local") as client:
        made = await client.post("/v1/setup")
        again = await client.post("/v1/setup")
    old, url = (httpx.URL(answer.json()["url"]) for answer in (made, again))
    async with browser(world) as client:
        assert (await client.get(str(old))).status_code == 401  # a new one takes its place
        page = await client.get(str(url))
        key = hidden(page.text)["key"]
        form = {"key": key, "name": "ada", "password": PASSWORD}
        short = await client.post("/welcome", data={**form, "password": "short"})
        named = await client.post("/welcome", data={**form, "password": "ada ada", "name": "a b"})
        entered = await client.post("/welcome", data=form)
        assert (await client.get("/v1/account")).json()["id"] == "ada"
        twice = await client.post("/welcome", data={**form, "name": "eve"})
    assert (short.status_code, "at least 12" in short.text) == (422, True)
    assert named.status_code == 422
    assert (entered.status_code, twice.status_code) == (303, 401)
    async with world.client("local") as client:
        late = await client.post("/v1/setup")
        assert [p["id"] for p in (await client.get("/v1/people")).json()["items"]] == ["ada"]
    assert (late.status_code, "dihedral person invite" in late.text) == (409, True)


async def test_of_two_who_open_the_first_link_one_comes_in(world: World) -> None:
    link = await links.set_up(world.ops, person("owner"))

    async def follow(name: str) -> int:
        async with browser(world) as client:
            form = {"key": link.secret, "name": name, "password": PASSWORD}
            return (await client.post("/welcome", data=form)).status_code

    assert sorted(await asyncio.gather(follow("ada"), follow("eve"))) == [303, 401]


async def test_a_link_is_over_after_a_day(world: World) -> None:
    link = await links.set_up(world.ops, person("owner"))
    async with browser(world.later(timedelta(days=1))) as client:
        form = {"key": link.secret, "name": "ada", "password": PASSWORD}
        answer = await client.post("/welcome", data=form)
    assert (answer.status_code, "older than a day" in answer.text) == (401, True)


async def test_only_who_owns_the_data_directory_makes_the_first_link(world: World) -> None:
    secret = await known(world, "bo")
    async with browser(world, secret) as client:
        assert (await client.post("/v1/setup")).status_code == 403


async def test_an_invitation_sets_a_password_once_and_ends_what_was(world: World) -> None:
    before = await known(world, "bo", Role.VIEWER)
    async with world.client("ada") as client:
        url = (await client.post("/v1/people/bo/invitation")).json()["url"]
    async with browser(world) as client:
        form = {**hidden((await client.get(url)).text), "password": NEW}
        assert (await client.post("/welcome", data=form)).status_code == 303
        assert (await client.post("/welcome", data=form)).status_code == 401
        assert (await log_in(client, "bo")).status_code == 401
        assert (await log_in(client, "bo", NEW)).status_code == 303
    assert not await alive(world, before)


async def test_who_is_kept_out_is_not_invited_and_has_no_link(world: World) -> None:
    await known(world, "ada")
    await known(world, "bo")
    async with world.client("ada") as client:
        url = (await client.post("/v1/people/bo/invitation")).json()["url"]
        await client.post("/v1/people/bo/disable")
        assert (await client.post("/v1/people/bo/invitation")).status_code == 409
    async with browser(world) as client:
        assert (await client.get(url)).status_code == 401


async def test_a_password_is_changed_by_who_knows_the_old_one(world: World) -> None:
    other = await known(world, "bo")
    async with browser(world) as client:
        await log_in(client, "bo")
        wrong = await client.post("/account/password", data={"old": "wrong", "new": NEW})
        weak = await client.post("/account/password", data={"old": PASSWORD, "new": "short"})
        done = await client.post("/account/password", data={"old": PASSWORD, "new": NEW})
        assert (await client.get("/v1/account")).status_code == 200
        assert (await log_in(client, "bo")).status_code == 401
    assert (wrong.status_code, weak.status_code, done.status_code) == (401, 422, 303)
    assert not await alive(world, other)
    assert [how for _, _, how, _ in await told(world, "password.set")] == ["done", "denied", "done"]


async def test_a_token_made_on_the_page_is_shown_once(world: World) -> None:
    secret = await known(world, "bo")
    form = {"name": "CI", "role": "proposer", "days": "30", "workspace": ""}
    async with browser(world, secret) as client:
        page = (await client.post("/account/tokens", data=form)).text
        later = (await client.get("/account")).text
        wrong = await client.post("/account/tokens", data={**form, "days": "x"})
        (one,) = (await client.get("/v1/tokens")).json()["items"]
        await client.post(f"/account/tokens/{one['id']}/revoke")
        assert "CI" not in (await client.get("/account")).text
    found = re.search(r"dht_[\w-]{43}", page)
    assert found and found[0] not in later and "CI" in later
    assert wrong.status_code == 422


async def test_a_person_of_two_organizations_acts_in_one_at_a_time(world: World) -> None:
    secret = await known(world, "bo", Role.VIEWER)
    async with world.client("ada") as client:
        made = await client.post("/v1/organizations", json={"name": "acme", "administrator": "bo"})
    async with browser(world, secret) as client:
        assert "acme" in (await client.get("/account")).text
        await client.post("/account/organization", data={"organization": "acme"})
        assert (await client.get("/v1/account")).json()["organization"] == made.json()["id"]
        assert (await client.post("/v1/projects", json={"name": "web"})).status_code == 201
        gone = await client.post("/account/organization", data={"organization": "nothing"})
    assert gone.status_code == 404


@pytest.mark.parametrize("body", [b"\xff", b"name=%00", b"&".join([b"a=1"] * 60)], ids=str)
async def test_a_form_that_cannot_be_read_says_so(world: World, body: bytes) -> None:
    async with browser(world) as client:
        media = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post("/login", content=body, headers=media)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) Version/20.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/9.0", "curl/9.0"),
        ("", "A browser that does not say"),
    ],
)
def test_a_browser_is_called_by_its_name(agent: str, name: str) -> None:
    assert browsers.called(agent) == name

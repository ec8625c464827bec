"""The whole way of a first person: the server starts and prints a link, a browser follows it, the
command logs in by that browser. Real processes; the browser is a program that reads our pages."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dihedral.control import credentials, discovery
from dihedral.control.cli.failure import Failure
from dihedral.control.cli.loopback import Waiting
from dihedral.control.discovery import Server
from dihedral.domain.errors import Invalid
from tests.control.logins import PASSWORD
from tests.control.test_up import Up

BROWSER = """\
import re, sys, httpx
server, page = sys.argv[1].split("/login/cli")[0], sys.argv[1]
with httpx.Client(headers={{"sec-fetch-site": "same-origin"}}) as client:
    to = client.get(page).headers["location"]
    assert "/login?next=" in to
    after = httpx.URL(server + to).params["next"]
    form = {{"name": "ada", "password": {password!r}, "next": after}}
    to = client.post(f"{{server}}/login", data=form).headers["location"]
    text = client.get(server + to).text
    form = dict(re.findall(r'type="hidden" name="(\\w+)" value="([^"]*)"', text))
    sent = client.post(f"{{server}}/login/cli", data={{**form, {answer}}})
    assert client.get(sent.headers["location"]).status_code == 200
"""


@pytest.fixture(scope="module")
def up(scratch: Path) -> Iterator[Up]:
    started = Up(scratch / "login")
    yield started
    started.process.send_signal(signal.SIGTERM)
    started.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def ada(up: Up) -> str:
    """The first administrator, by the link that the server printed."""
    assert up.process.stderr is not None
    for line in up.process.stderr:
        if "/welcome?key=" in line:
            break
    page = httpx.get(line.strip())
    key = re.findall(r'name="key" value="([^"]*)"', page.text)[0]
    form = {"key": key, "name": "ada", "password": PASSWORD}
    headers = {"sec-fetch-site": "same-origin"}
    url = discovery.find(up.data).url
    assert httpx.post(f"{url}/welcome", data=form, headers=headers).status_code == 303
    return "ada"


def command(
    up: Up, data: Path, *words: str, answer: str = '"role": "operator"', **environ: str
) -> "subprocess.CompletedProcess[str]":
    """A command of another user, whose browser answers so."""
    script = data / "browser.py"
    script.write_text(BROWSER.format(password=PASSWORD, answer=answer))
    url = discovery.find(up.data).url
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DIHEDRAL_")}
    own = {"DIHEDRAL_DATA": str(data), "DIHEDRAL_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "dihedral", *words],
        env={**kept, **own, "BROWSER": f"{sys.executable} {script} %s", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def test_a_command_is_let_in_by_the_browser_and_goes_out_again(
    up: Up, ada: str, tmp_path: Path
) -> None:
    stranger = command(up, tmp_path, "whoami")
    entered = command(up, tmp_path, "login")
    file = tmp_path / credentials.NAME
    me = json.loads(command(up, tmp_path, "whoami", "--json").stdout)
    elsewhere = command(up, tmp_path, "whoami", DIHEDRAL_URL="")  # where one logged in last
    denied = command(up, tmp_path, "grant", "list")
    (token,) = json.loads(command(up, tmp_path, "token", "list", "--json").stdout)["items"]
    assert (stranger.returncode, "dihedral login" in stranger.stderr) == (1, True)
    assert entered.returncode == 0, entered.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (me["id"], me["rights"][1][0]["role"]) == ("ada", "operator")
    assert "ada" in elsewhere.stdout
    assert (denied.returncode, "administrator" in denied.stderr) == (3, True)
    secret = credentials.read(tmp_path).tokens[discovery.find(up.data).url]
    assert secret not in entered.stdout + entered.stderr and token["id"] == me["token"]
    left = command(up, tmp_path, "logout")
    assert left.returncode == 0 and secret not in file.read_text()
    again = command(up, tmp_path, "login", "--token", secret)
    assert (again.returncode, "was revoked" in again.stderr) == (1, True)


def test_a_browser_that_says_no_lets_nobody_in(up: Up, ada: str, tmp_path: Path) -> None:
    done = command(up, tmp_path, "login", answer='"deny": "1"')
    assert (done.returncode, "said no" in done.stderr) == (3, True)
    assert not (tmp_path / credentials.NAME).exists()


def test_people_are_looked_after_from_the_shell(up: Up, ada: str) -> None:
    """As the owner of the data directory."""
    added = up.do("person", "add", "bo", "--name", "Bo", "--role", "viewer")
    link = up.do("person", "invite", "bo")
    given = up.do("grant", "set", "bo", "approver")
    shown = up.do("person", "show", "bo")
    token = up.do("token", "create", "CI", "--role", "viewer", "--as", "bo")
    listed = json.loads(up.do("token", "list", "--person", "bo", "--json").stdout)["items"]
    revoked = up.do("token", "revoke", listed[0]["id"])
    late = up.do("person", "setup-link")
    up.do("workspace", "create", "cellar", "--owner", "bo")
    up.do("workspace", "create", "attic", "--owner", "team:house")
    owned = up.do("workspace", "list", "--owner", "bo")
    nobodys = up.do("workspace", "list", "--owner", "team:web")
    out = up.do("person", "disable", "bo", "--yes")
    people = up.do("person", "list")
    last = up.do("person", "disable", "ada", "--yes")
    assert added.returncode == 0, added.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/welcome\?key=dhi_\S+\n", link.stdout)
    assert "approver" in given.stdout and "approver" in shown.stdout
    assert re.fullmatch(r"dht_\S+\n", token.stdout)
    assert revoked.returncode == 0, revoked.stderr
    assert (late.returncode, "there are people already" in late.stderr) == (1, True)
    assert "cellar" in owned.stdout and "attic" not in owned.stdout
    assert "no workspaces of team:web" in nobodys.stdout
    assert "`dihedral workspace list --owner bo`" in out.stderr
    assert out.returncode == 0 and re.search(r"bo +kept out +Bo", people.stdout), people.stdout
    assert (last.returncode, "nobody could administer" in last.stderr) == (1, True)


def test_policy_sets_are_looked_after_from_the_shell(up: Up, ada: str, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    rule = 'package ours\n\ndeny contains "no" if input.never\n'
    (tmp_path / "ours" / "main.rego").write_text(rule)
    up.do("workspace", "create", "ruled")
    given = up.do("policy", "set", "ours", str(tmp_path / "ours"), "--workspace", "ruled")
    moved = up.do("policy", "place", "ours", "--global")
    both = up.do("policy", "place", "ours", "--global", "--workspace", "ruled")
    listed, shown = up.do("policy", "list"), up.do("policy", "show", "ours")
    text = up.do("policy", "show", "ours", "--file", "main.rego")
    none = up.do("policy", "show", "ours", "--file", "other.rego")
    gone = up.do("policy", "remove", "ours", "--yes")
    again = up.do("policy", "show", "ours")
    assert "it holds in ws-" in given.stdout, given.stderr
    assert moved.stdout == "ours holds in every workspace\n"
    assert (both.returncode, "say one of" in both.stderr) == (2, True)
    assert re.search(r"ours +\w{12} +hard-mandatory +holds in every workspace", listed.stdout)
    assert "main.rego" in shown.stdout and "holds in every workspace" in shown.stdout
    assert text.stdout == rule
    assert (none.returncode, "`dihedral policy show ours`" in none.stderr) == (1, True)
    assert (gone.stdout, again.returncode) == ("ours is removed\n", 1)


def test_organizations_and_projects_are_made_from_the_shell(up: Up, ada: str) -> None:
    assert up.do("project", "create", "web").returncode == 0
    assert "web" in up.do("project", "list").stdout
    nobody = up.do("organization", "create", "acme")
    made = up.do("organization", "create", "acme", "--administrator", "ada")
    assert (nobody.returncode, "--administrator" in nobody.stderr) == (1, True)
    assert made.returncode == 0, made.stderr
    assert "acme" in up.do("organization", "list").stdout
    assert "local" not in up.do("session", "list", "--person", "ada").stdout


def test_a_code_is_of_use_once_and_only_with_its_verifier(up: Up, ada: str) -> None:
    url = discovery.find(up.data).url
    for verifier in ("wrong", "x" * 43):
        body = {"code": "dhc_x", "verifier": verifier}
        assert httpx.post(f"{url}/v1/login/token", json=body).status_code == 401


def test_credentials_are_kept_by_server(tmp_path: Path) -> None:
    credentials.keep(tmp_path, Server("https://a.example/", "dht_a"))
    credentials.keep(tmp_path, Server("https://b.example", "dht_b"))
    assert credentials.known(tmp_path, "https://a.example").token == "dht_a"
    assert credentials.known(tmp_path, "https://a.example", "dht_given").token == "dht_given"
    assert credentials.default(tmp_path) == Server("https://b.example", "dht_b")
    credentials.drop(tmp_path, "https://b.example")
    assert credentials.default(tmp_path) == Server("https://a.example", "dht_a")
    assert credentials.known(tmp_path, "https://b.example").token == ""
    assert "dht" not in repr(credentials.read(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"last": "", "servers": {"x": 1}}'])
def test_credentials_that_cannot_be_read_say_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / credentials.NAME).write_text(text)
    with pytest.raises(Invalid, match="remove it, and log in again"):
        credentials.default(tmp_path)


def test_the_port_that_waits_takes_no_answer_but_its_own() -> None:
    with Waiting() as waiting:
        home = f"http://127.0.0.1:{waiting.server_address[1]}/"
        said: list[int] = []

        def call() -> None:
            for state in ("", "x", waiting.state):
                answer = httpx.get(home, params={"state": state, "code": f"of-{state}"})
                said.append(answer.status_code)

        caller = threading.Thread(target=call)
        caller.start()
        code = waiting.answer()
        caller.join()
    assert (said, code) == ([400, 400, 200], f"of-{waiting.state}")


def test_a_browser_that_denies_ends_the_wait() -> None:
    with Waiting() as waiting:
        home = f"http://127.0.0.1:{waiting.server_address[1]}/"
        asked = {"state": waiting.state, "error": "denied"}
        caller = threading.Thread(target=lambda: httpx.get(home, params=asked))
        caller.start()
        with pytest.raises(Failure, match="said no"):
            waiting.answer()
        caller.join()

"""Secrets laid into everything that a run touches, and then looked for everywhere.

A real server in a data directory of its own, with its database in it. Each canary is looked for as
it stands, in base64 wherever it begins, and in hexadecimal: in every answer, in what the commands
print, in the server's log (which says all it can), in each column of each row, in every file.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from dihedral.control import app, discovery
from dihedral.kit import postgres
from tests.control.test_cli import dihedral
from tests.lives import WAITS
from tests.ops.processes import OVER, started

# what is written in different ways in JSON, in URLs and on the command line
LAID = {
    "a sensitive variable": 'cAnaryLogin77"/&x',
    "one that the configuration marks": 'cAnaryMarked78"/&x',
    "a provider's credential": "cAnaryCredential79/+x",
    "a part of a sensitive map": "cAnaryMapped80",
    "a value in a call that fails": "cAnaryRefused81",
    "a model's credential": "cAnaryModel82",
}
EVENTS, SILENCE = "text/event-stream", 2.0  # seconds after which a stream has said what it has
WITNESS = "cAnaryWitness00"  # laid where it may be seen, so that the search is seen to find
MAIN = """
variable "login" { type = string }
variable "marked" {
  type      = string
  sensitive = true
}
variable "map" { type = map(string) }
provider "aws" { region = "eu-central-1" }
resource "random_password" "made" {
  length  = 32
  special = false
}
resource "terraform_data" "a" {
  input = {
    url    = "db://${var.login}@host"
    coded  = base64encode("user:${var.login}")
    script = "pin=${var.map.pin}"
    made   = random_password.made.result
  }
}
resource "aws_ssm_parameter" "a" {
  name  = "a"
  type  = "SecureString"
  value = var.marked
}
check "c" {
  assert {
    condition     = length(var.login) > 99
    error_message = "too short: ${var.login}, ${jsonencode(var.login)}, ${urlencode(var.login)}"
  }
}
output "login" { value = var.login }
output "made" {
  value     = random_password.made.result
  sensitive = true
}
"""
BROKEN = """
variable "login" { type = string }
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = length(var.login) > 99
      error_message = "too short: ${base64encode(var.login)} and ${var.login}"
    }
  }
}
"""


@dataclass(slots=True)
class Aviary:
    """What was laid, and everything that was said or kept, by where it was found."""

    data: Path
    laid: dict[str, str]
    found: dict[str, bytes] = field(default_factory=dict)
    state: bytes = b""

    def keep(self, where: str, text: str | bytes) -> None:
        body = text.encode() if isinstance(text, str) else text
        self.found[where] = self.found.get(where, b"") + body


@pytest.fixture(scope="module")
def aviary(scratch: Path) -> Iterator[Aviary]:
    held = Aviary(scratch / "aviary", dict(LAID))
    words = ("up", "--port", "0")
    loud = {"DIHEDRAL_LOG_LEVEL": "debug", "DIHEDRAL_LOG_FORMAT": "json"}
    with started(held.data, *words, ready="dihedral is up", **loud) as server:
        _story(held)
        _dumped(held)
        held.keep("the server's log", server.said())
        for path in held.data.rglob("*"):
            if path.is_file() and not path.is_symlink():
                held.keep(f"file {path.relative_to(held.data)}", path.read_bytes())
    yield held


@pytest.mark.parametrize("kind", ["answer", "command", "table", "file", "the server's log"])
def test_no_canary_comes_out(aviary: Aviary, kind: str) -> None:
    places = {where: text for where, text in aviary.found.items() if where.startswith(kind)}
    assert places
    for name, canary in aviary.laid.items():
        assert [w for w, text in places.items() if _in(canary, text)] == [], name


def test_the_search_finds_what_is_there(aviary: Aviary) -> None:
    """In a column, a file, an answer, what a command prints; and the canaries in the state."""
    seen = {where.partition(" ")[0] for where, t in aviary.found.items() if _in(WITNESS, t)}
    assert seen == {"answer", "command", "table", "file"}
    unseen = {
        "a provider's credential", "a value in a call that fails", "a model's credential",
    }  # fmt: skip
    for name in aviary.laid.keys() - unseen:
        assert _in(aviary.laid[name], aviary.state), name


def test_every_door_was_read_and_every_table(aviary: Aviary) -> None:
    doors = {d.path for d in app.DOORS if d.method == "GET" and not d.path.endswith("/download")}
    assert doors <= {w.split()[2] for w in aviary.found if w.startswith("answer GET")}
    told = {w.removeprefix("table ") for w in aviary.found if w.startswith("table ")}
    assert {"run", "audit", "blob", "variable", "verdict", "procrastinate_jobs"} <= told
    assert any("base/" in where for where in aviary.found)


def test_reading_the_state_is_an_act_and_is_kept(aviary: Aviary) -> None:
    records = aviary.found["answer GET /v1/audit/records 200"].splitlines()
    assert any(json.loads(r)["action"].startswith("state.") for r in records)


def _story(held: Aviary) -> None:
    """A run that is applied, one that fails, calls that are refused; then every door is read."""
    server = discovery.find(held.data)
    headers = {"authorization": f"Bearer {server.token}", "dihedral-actor": "ada"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
        _laid(held, http)
        run = _proposed(held, "apply", MAIN, WAITS)
        _approved(held, http, run)
        broken = _proposed(held, "plan", BROKEN, 1)
        asked = _call(held, http, "POST", "/v1/requests", json={"text": "a queue for invoices"})
        version = _newest(held, http)
        talk, turn = _talked(held, http)
        budget = {"scope": "organization", "period": "day", "money": "2.5"}
        names = {
            "conversation": [talk], "turn": [turn], "model": ["large"], "digest": ["0"],
            "count": ["1"], "asset": ["none"], "number": ["1"], "escalation": ["esc-1"],
            "budget": [_call(held, http, "PUT", "/v1/budgets", json=budget)["id"]],
            "workspace": ["shop"], "run": [run, broken], "request": [asked["id"]],
            "result": ["0" * 64], "version": [version], "category": ["terraform"],
            "key": ["login", "map"],
            "blueprint": ["bucket"], "policy_set": ["none", "aws"], "agent": ["none"],
            "instance": ["ai-1"], "person": ["ada"],
        }  # fmt: skip
        for door in app.DOORS:
            if door.method == "GET" and not door.path.endswith("/download"):
                for path in _paths(door.path, names):
                    status, body = _read(http, path, endless=door.gives_media == EVENTS)
                    assert status < 500, f"{path}: {body!r}"
                    held.keep(f"answer GET {door.path} {status}", body)
        for path in (f"/v1/runs/{run}/evidence?signed=true", f"/v1/runs/{run}/plan?width=400"):
            held.keep(f"answer GET {path}", http.get(path).content)
        for words in _commands(run, broken):
            _command(held, *words)
        held.state = http.get(f"/v1/state-versions/{version}/download").content
        held.laid["a password that a provider made"] = json.loads(held.state)["outputs"]["made"][
            "value"
        ]
        held.keep("answer GET /v1/audit/records 200", http.get("/v1/audit/records").content)


def _commands(run: str, broken: str) -> Iterator[tuple[str, ...]]:
    """As people read them; `--json` prints the answers' own bytes."""
    yield from (("run", verb, run) for verb in ("show", "plan", "log"))
    yield from (("explain", run), ("run", "log", broken), ("run", "show", broken))
    yield from (("output", "shop"), ("workspace", "show", "shop"), ("audit", "list"))
    yield ("workspace", "variable", "list", "shop")


def _laid(held: Aviary, http: httpx.Client) -> None:
    _call(held, http, "POST", "/v1/workspaces", json={"name": "shop", "description": WITNESS})
    where = "/v1/workspaces/shop/variables"
    login, marked, credential, mapped, refused, _ = LAID.values()
    values: dict[str, dict[str, object]] = {
        "terraform/login": {"value": login},
        "terraform/marked": {"value": marked},
        "terraform/map": {"value": json.dumps({"pin": mapped}), "hcl": True},
        "env/AWS_SECRET_ACCESS_KEY": {"value": credential},
        "env/AWS_ACCESS_KEY_ID": {"value": "AKIACANARY", "sensitive": False},
    }
    for path, value in values.items():
        _call(held, http, "PUT", f"{where}/{path}", json={"sensitive": True, **value})
    for path, body in {
        "terraform/-no": {"value": refused, "sensitive": True},
        "nowhere/no": {"value": refused},
        "terraform/no": {"value": [refused]},
        "terraform/not": {"value": refused, "more": refused},
    }.items():
        answer = http.put(f"{where}/{path}", json=body)
        assert answer.status_code == 422, answer.text
        held.keep("answer PUT that fails", answer.content)
    answer = http.put(f"{where}/terraform/no", content=f'{{"value": "{refused}', headers=JSON)
    held.keep("answer PUT that fails", answer.content)


JSON = {"content-type": "application/json"}


def _proposed(held: Aviary, verb: str, text: str, status: int) -> str:
    """The run of a configuration, by the command that anybody would use."""
    place = held.data.parent / f"aviary-{verb}"
    place.mkdir()
    (place / "main.tf").write_text(text)
    told = _command(held, verb, str(place), "--workspace", "shop", "--json", status=status)
    run: str = json.loads(told)["run"]["id"]
    return run


def _approved(held: Aviary, http: httpx.Client, run: str) -> None:
    told = _call(held, http, "GET", f"/v1/runs/{run}")
    for number in range(told["run"]["approvers"]):
        yes = {"dihedral-actor": f"bo{number}"}
        _call(held, http, "POST", f"/v1/runs/{run}/approve", json={}, headers=yes)
    status = told["run"]["status"]
    while status not in OVER:
        log = {"wait": 10, "status": status, "after": 1 << 20}
        status = _call(held, http, "GET", f"/v1/runs/{run}/log", params=log)["status"]
    assert status == "applied", _call(held, http, "GET", f"/v1/runs/{run}")


def _talked(held: Aviary, http: httpx.Client) -> tuple[str, str]:
    """A conversation without a model, and its turn; then a model with a credential."""
    talk: str = _call(
        held, http, "POST", "/v1/conversations", json={"text": "why is the sky blue?"}
    )["id"]
    _, body = _read(http, f"/v1/conversations/{talk}/events", endless=True)
    held.keep("answer GET events", body)
    told = _call(held, http, "GET", f"/v1/conversations/{talk}")
    model = {
        "model": "large", "wire": "openai", "url": "http://127.0.0.1:9", "upstream": "large-1",
        "secret": LAID["a model's credential"], "price": {"input": 0, "output": 0},
    }  # fmt: skip
    _call(held, http, "POST", "/v1/models", json=model)
    turn = told["turns"][0]
    return talk, turn.get("turn", turn)["id"]


def _read(http: httpx.Client, path: str, *, endless: bool = False) -> tuple[int, bytes]:
    """The status and all that is said; of a stream that does not end, until it is silent."""
    body, limits = b"", httpx.Timeout(60, read=SILENCE if endless else 60)
    with http.stream("GET", path, timeout=limits) as answer:
        try:
            for piece in answer.iter_bytes():
                body += piece
        except httpx.ReadTimeout:
            if not endless:
                raise
    return answer.status_code, body


def _newest(held: Aviary, http: httpx.Client) -> str:
    found = _call(held, http, "GET", "/v1/workspaces/shop/state-versions")
    version: str = found["items"][0]["id"]
    return version


def _call(held: Aviary, http: httpx.Client, method: str, path: str, **rest: object) -> dict:  # type: ignore[type-arg]
    answer = http.request(method, path, **rest)  # type: ignore[arg-type]
    held.keep(f"answer {method} {path}", answer.content)
    assert answer.status_code < 400, f"{path}: {answer.text}"
    told: dict = answer.json()  # type: ignore[type-arg]
    return told


def _command(held: Aviary, *words: str, status: int = 0) -> str:
    done = dihedral(*words, data=held.data, DIHEDRAL_ACTOR="ada", DIHEDRAL_DEBUG="1")
    assert done.returncode == status, f"{words}: {done.stderr}"
    held.keep(f"command {' '.join(words)}", done.stdout + done.stderr)
    return done.stdout


def _paths(path: str, names: Mapping[str, list[str]]) -> Iterator[str]:
    """Each way to fill in what a path leaves open."""
    before, brace, rest = path.partition("{")
    if not brace:
        yield path
        return
    name, _, after = rest.partition("}")
    for value in names[name]:
        yield from _paths(f"{before}{value}{after}", names)


def _dumped(held: Aviary) -> None:
    """Every column of every row as text, bytes in hexadecimal; then all of it is on the disk."""
    server = postgres.Server(held.data / "postgres")
    server.enter()
    try:
        with psycopg.connect(server.dsn, autocommit=True) as conn:
            tables = conn.execute(
                "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename), tablename"
                " FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            for table, name in tables:
                query = f"COPY (SELECT to_jsonb(t) FROM {table} AS t) TO STDOUT"
                with conn.cursor().copy(query.encode()) as copied:
                    held.keep(f"table {name}", b"".join(bytes(part) for part in copied) + b"\n")
            conn.execute("CHECKPOINT")
    finally:
        server.leave()


def _in(canary: str, text: bytes) -> bool:
    """As it stands, up to what is written in different ways; in hexadecimal, in base64."""
    plain = canary.partition('"')[0].partition("/")[0].encode()
    coded = (base64.b64encode(bytes(at) + plain)[first:] for at, first in enumerate((0, 2, 3)))
    ends = (code.rstrip(b"=")[:-1] for code in coded)
    forms = (plain, plain.hex().encode(), plain.hex().upper().encode(), *ends)
    return any(form in text for form in forms)

"""How often somebody may ask, by a clock that ticks when it is told to."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.control.cli.client import Client
from dihedral.control.cli.failure import Failure
from dihedral.control.discovery import Server
from dihedral.control.rates import MINUTE, Buckets, Rates
from tests.control.conftest import OWNER, World
from tests.control.test_front import BEHIND, PROXY

pytestmark = pytest.mark.anyio


@given(st.integers(1, 500), st.lists(st.floats(0, 30), max_size=300))
def test_no_more_than_two_buckets_are_taken_in_a_minute(rate: int, pauses: list[float]) -> None:
    """One that was full, and what came in meanwhile; and who waits as told may."""
    bucket, now, taken = Buckets(rate), 0.0, list[float]()
    for pause in pauses:
        now += pause
        wait = bucket.take("a", now)
        if wait:
            assert bucket.wait("a", now + wait + 1e-6) == 0
        else:
            taken.append(now)
        assert sum(1 for at in taken if at > now - MINUTE) <= 2 * rate


def test_as_many_at_once_as_in_a_minute() -> None:
    bucket = Buckets(60)
    assert [bucket.take("a", 5.0) for _ in range(61)] == [0.0] * 60 + [1.0]
    assert bucket.take("b", 5.0) == 0
    assert bucket.take("a", 6.0) == 0


def test_the_table_has_an_end_and_remembers_who_asks_most() -> None:
    bucket = Buckets(1, most=10)
    for n in range(1000):
        bucket.take(f"{n}", float(n) / 1000)
        bucket.take("busy", float(n) / 1000)
        assert len(bucket) <= 11
    assert bucket.wait("busy", 1.0) > 0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(world: World, calls: int, strangers: int) -> tuple[World, Clock]:
    shared, clock = world.reached(**BEHIND), Clock()
    shared.app.state.rates = Rates(Buckets(calls), Buckets(strangers), clock)
    return shared, clock


def via(address: str = "203.0.113.9", **more: str) -> dict[str, Any]:
    forwarded = {"x-forwarded-for": address, "x-forwarded-proto": "https"}
    return {"peer": PROXY, "url": "http://dihedral.example", **forwarded, **more}


async def test_who_asks_too_often_is_told_when_to_come_back(world: World) -> None:
    shared, clock = limited(world, calls=3, strangers=3)
    async with shared.client("local", **via()) as client:
        answers = [await client.get("/v1/runs") for _ in range(4)]
        health = await client.get("/v1/health")
        clock.now += 20.0
        again = await client.get("/v1/runs")
    late = answers.pop()
    assert [a.status_code for a in [*answers, health, again]] == [200] * 5
    assert (late.status_code, late.headers["retry-after"]) == (429, "20")
    assert (late.json()["code"], late.json()["retry"]) == ("too_many_requests", True)


async def test_what_is_open_to_all_is_counted_by_address(world: World) -> None:
    shared, _ = limited(world, calls=1, strangers=3)
    statuses = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "1.2.3.4", "1.2.3.5"):
        async with shared.client(**via(address)) as client:
            statuses.append((await client.get("/openapi.json")).status_code)
    assert statuses == [200, 429, 200, 200, 200]


async def test_failed_logins_are_counted_and_then_neither_answered_nor_noted(world: World) -> None:
    shared, _ = limited(world, calls=100, strangers=2)
    async with shared.client("local", **via(authorization="Bearer dht_guess")) as client:
        guesses = [(await client.get("/v1/runs")).status_code for _ in range(4)]
        form = await client.get("/openapi.json")
        mine = await client.get("/v1/audit", headers={"authorization": f"Bearer {OWNER}"})
    assert guesses == [401, 401, 429, 429]
    assert form.status_code == 429
    assert mine.status_code == 200  # who is known does not suffer from his neighbours
    assert [r["outcome"] for r in mine.json()["items"]].count("denied") == 2


async def test_a_server_of_one_person_counts_nothing(world: World) -> None:
    assert world.app.state.rates is None


class Busy(BaseHTTPRequestHandler):
    """Answers 429 as often as it is told, and then well."""

    left: Iterator[int]
    pause = "0"

    def do_GET(self) -> None:
        busy = next(self.left)
        text = json.dumps({"detail": "too often", "code": "too_many_requests"}).encode()
        self.send_response(429 if busy else 200)
        self.send_header("Retry-After", self.pause)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def busy(times: int, pause: str) -> Iterator[Client]:
    told = itertools.chain([1] * times, itertools.repeat(0))
    handler = type("Told", (Busy,), {"left": told, "pause": pause})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Client(Server(f"http://127.0.0.1:{server.server_port}"), "ada")
        server.shutdown()


def test_a_command_comes_back_when_it_was_told_to() -> None:
    with busy(1, "0") as client:
        assert client.get("runs")


def test_a_command_does_not_wait_for_ever() -> None:
    with busy(1, "3600") as client, pytest.raises(Failure, match="too often"):
        client.get("runs")

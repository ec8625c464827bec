"""Following a run: its log as it grows, until it ends or waits for a person."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from dihedral.control.cli.failure import FAULT, REFUSED, Failure

if TYPE_CHECKING:
    from dihedral.control.cli.client import Client

WAIT = 20  # seconds that one call waits for news
IDLE = 5  # seconds after which it is said that nobody works on the run
AWAY = 60.0  # seconds that a server may be away while somebody follows
IDLES = (
    "nobody works on it yet: another run of the workspace is before it, or there is no worker"
    " (`dihedral worker` starts one)"
)
WAITING = "policy_checked"  # for a person
# what a run's end means for the exit status; others are 0
ENDS = {"policy_soft_failed": REFUSED, "discarded": REFUSED, "errored": FAULT, "canceled": FAULT}
EXPIRED = "expired"  # what ended a run that nobody answered: no refusal, but not done either


@dataclass(frozen=True, slots=True)
class Heard:
    """Where following stopped; `after` goes on from there, `ended` is what ended the run."""

    status: str
    after: int
    ended: str | None = None


def follow(client: "Client", run: str, say: Callable[[str], None], after: int = 0) -> Heard:
    """Says each piece of the log. Raises Failure when the server stays away."""
    status, waits = None, chain((0, IDLE), repeat(WAIT))
    while True:
        wait = 0 if status == WAITING else next(waits)  # who waits for a person has said it all
        heard = patiently(
            partial(client.get, "runs", run, "log", after=after, wait=wait, status=status)
        )
        for piece in heard["pieces"]:
            say(piece["text"])
        after, status = heard["next"], heard["status"]
        if wait == IDLE and status == "pending":
            print(IDLES, file=sys.stderr)
        if heard["over"] or (status == WAITING and not heard["pieces"]):
            return Heard(status, after, heard.get("ended"))


def patiently(ask: Callable[[], bytes]) -> Any:
    """The answer, also of a server that was away for a while. Raises Failure."""
    lost = 0.0
    while True:
        try:
            return json.loads(ask())
        except Failure as failure:
            if failure.code != "unavailable" or (lost and time.monotonic() - lost > AWAY):
                raise
            if not lost:
                lost = time.monotonic()
                print("the server is away; waiting for it", file=sys.stderr)
            time.sleep(1)


def finish(heard: Heard) -> None:
    """Ends the command with the status that the run's end deserves."""
    if heard.ended == EXPIRED:
        raise SystemExit(FAULT)
    if heard.status in ENDS:
        raise SystemExit(ENDS[heard.status])


@contextmanager
def interruptible(run: str) -> Iterator[None]:
    """Ctrl-C leaves the run alone, and says how to come back to it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Failure(
            f"\nyou stopped watching; {run} goes on.\n"
            f"  come back   dihedral run log -f {run}\n"
            f"  stop it     dihedral run cancel {run}",
            status=130,
        ) from None

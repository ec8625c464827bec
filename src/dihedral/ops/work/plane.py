"""What the ops plane needs from outside. Built once, in `control/wire.py`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db
from dihedral.kit.dsse import Signer
from dihedral.kit.ear import Ear
from dihedral.ops.rules.pricebook import PriceBook
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work.infracost import Infracost
from dihedral.ops.work.passwords import Passwords
from dihedral.ops.work.policy import Policies, embedded

CHANNEL = "run"  # notified with the run's id at each move, and as its log grows
STOPS = "agent"  # notified with the instance's id when an agent's is ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Ops:
    """`mint` makes a new id of a prefix. `terms` are the server's; a workspace may have its own
    over them. `infracost` estimates in the place of `book`, where it is given. `signer` signs
    evidence. `issuer` is the URL that our tokens name. `self_approval` lets a proposer approve, on
    the record. `ear` hears of runs, and `stops` of agents' instances that are over, while somebody
    lets them (`Ear.hearing`)."""

    db: Db
    keyring: Keyring
    now: Callable[[], datetime]
    mint: Callable[[str], str]
    terms: Terms
    book: PriceBook
    signer: Signer
    policies: Policies = field(default_factory=embedded)
    ear: Ear = field(default_factory=lambda: Ear(CHANNEL))
    stops: Ear = field(default_factory=lambda: Ear(STOPS))
    region: str = "us-east-1"  # whose prices count where a plan names no region
    price_age: timedelta = timedelta(days=365)  # after which a price is flagged
    infracost: Infracost | None = None
    issuer: str = "http://127.0.0.1:7370"
    self_approval: bool = False
    lost_after: timedelta = timedelta(minutes=15)  # a call of which nobody heard counts as spent
    passwords: Passwords = field(default_factory=Passwords)

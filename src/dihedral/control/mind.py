"""What asks models, tied to what keeps the money: built once for each process."""

import time
from functools import partial

from dihedral.kit.mint import mint
from dihedral.model.work.directory import Directory
from dihedral.model.work.gateway import Gateway
from dihedral.model.work.health import Health
from dihedral.model.work.models import Models
from dihedral.model.work.providers.wires import Wires
from dihedral.ops.rules import access
from dihedral.ops.work import audit
from dihedral.ops.work.ledger import OpsLedger
from dihedral.ops.work.plane import Ops


def models(ops: Ops, wires: Wires) -> Models:
    directory = Directory(ops.db, ops.keyring, time.monotonic)
    gateway = Gateway(
        ledger=OpsLedger(ops),
        directory=directory,
        health=Health(ops.db, ops.now),
        providers=wires,
        mint=mint,
    )
    return Models(
        db=ops.db,
        keyring=ops.keyring,
        now=ops.now,
        mint=ops.mint,
        demand=access.demand,
        note=partial(audit.note, ops),
        directory=directory,
        gateway=gateway,
    )

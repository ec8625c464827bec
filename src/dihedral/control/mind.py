"""What asks models, tied to what keeps the money: built once for each process."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from dihedral.domain.ids import OrganizationId
from dihedral.kit.mint import mint
from dihedral.model.rules import own
from dihedral.model.work import agenttexts
from dihedral.model.work.agentfiles import AgentFiles
from dihedral.model.work.directory import Directory
from dihedral.model.work.gateway import Gateway
from dihedral.model.work.health import Health
from dihedral.model.work.mind import Mind
from dihedral.model.work.models import Models
from dihedral.model.work.providers.wires import Wires
from dihedral.model.work.requests import Thinking
from dihedral.model.work.tools.box import TOOLS, toolbox
from dihedral.model.work.tools.context import Parts
from dihedral.ops.rules import access
from dihedral.ops.work import agents, audit
from dihedral.ops.work.estate import OpsEstate
from dihedral.ops.work.ledger import OpsLedger
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.site import Worker
from dihedral.ops.work.staff import OpsStaff, Post
from dihedral.ops.work.workshop import OpsWorkshop


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


def files(ops: Ops) -> AgentFiles:
    """Agents' files, those that come with the program among them."""
    return AgentFiles(
        db=ops.db,
        keyring=ops.keyring,
        now=ops.now,
        demand=access.demand,
        note=partial(audit.note, ops),
        hire=partial(agents.put, ops),
        renew=partial(agents.renew, ops),
        shipped=agenttexts.shipped(),
        tools=frozenset({*TOOLS, own.DELEGATE.name, own.READ_ON.name}),
    )


def mind(ops: Ops, thinking: Thinking) -> Mind:
    """What conversations need. Tools work where a worker is: `working`."""
    directory = thinking.models.directory

    async def serves(organization: OrganizationId, model: str) -> bool:
        page = await directory.page(organization, model)
        return any(endpoint.enabled for endpoint in page.endpoints)

    return Mind(
        thinking=thinking,
        keyring=ops.keyring,
        staff=OpsStaff(ops, _posts(thinking.files)),
        estate=OpsEstate(ops),
        gateway=thinking.models.gateway,
        specs=thinking.files,
        serves=serves,
    )


def _posts(found: AgentFiles) -> Mapping[str, Post]:
    """What of the agents that ship the ops plane needs to know."""
    return {
        name: Post(file.purpose, file.tools, file.limits) for name, file in found.shipped.items()
    }


def working(ops: Ops, found: Mind, worker: Worker) -> Mind:
    """The same, with all tools."""
    parts = Parts(
        thinking=found.thinking,
        keyring=ops.keyring,
        estate=found.estate,
        workshop=OpsWorkshop(worker),
    )
    return replace(found, box=toolbox(parts))

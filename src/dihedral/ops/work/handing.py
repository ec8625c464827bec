"""How a browser lets a command in that waits on its machine: by a code, used once, for a token.

The command keeps a verifier and shows its hash, so that the code is of use to nobody else.

Source  RFC 8252 §7.3 (loopback redirect) and §8.1.
"""

import hmac

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Forbidden, Invalid, Nobody
from dihedral.domain.right import Action, Place, Role
from dihedral.kit import mint
from dihedral.ops.rules import access, proofkey, secrecy
from dihedral.ops.store import logins as store
from dihedral.ops.store.logins import Code
from dihedral.ops.work import apitokens
from dihedral.ops.work.apitokens import Made, Wanted
from dihedral.ops.work.plane import Ops

PREFIX = "dhc_"  # how a code begins
_LOST = "the login was not finished in time, or not by who began it; run `dihedral login` again"


async def hand(ops: Ops, by: Actor, challenge: str, role: Role, name: str) -> str:
    """The code. Raises Invalid, Forbidden."""
    access.demand(by, Action.SELF, Place(by.organization))
    proofkey.demand_challenge(challenge)
    if by.session is None:
        raise Forbidden("a command is let in by a browser, after logging in")
    code = mint.secret(PREFIX)
    made = Code(
        person=by.id,
        organization=by.organization,
        challenge=challenge,
        role=role,
        name=name[: apitokens.NAME],
        expires_at=ops.now() + secrecy.CODE,
    )
    async with ops.db.tx() as tx:
        await store.add_code(tx, mint.hashed(code), made)
    return code


async def take(ops: Ops, code: str, verifier: str, trace: str) -> Made:
    """A code's token; the code is gone, whatever comes of it. Raises Nobody."""
    async with ops.db.tx() as tx:
        found = await store.take_code(tx, mint.hashed(code))
    if found is None or found.expires_at <= ops.now():
        raise Nobody(_LOST)
    if not hmac.compare_digest(proofkey.challenge(verifier), found.challenge):
        raise Nobody(_LOST)
    by = Actor(found.person, trace=trace, organization=found.organization)
    wanted = Wanted(found.name, found.role)
    try:
        return await apitokens.create(ops, by, wanted)
    except Invalid as cause:
        raise Nobody(_LOST) from cause

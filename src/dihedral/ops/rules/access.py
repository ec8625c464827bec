"""Who may do what: one table, and one answer to (actor, action, place).

A person may what the least role for an action was given for, where it was given. An agent may at
most what `AGENTS` lists, of that what it was given itself, and of that what the person may on
whose behalf it acts: every set of its rights must allow it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from dihedral.domain.actor import HOME, Actor, Kind
from dihedral.domain.approval import How
from dihedral.domain.errors import Forbidden, Hidden
from dihedral.domain.person import ApiToken
from dihedral.domain.right import Action, Grants, Place, Role
from dihedral.domain.run import Run

A, R = Action, Role
_ORDER = {role: rank for rank, role in enumerate(Role)}

# fmt: off
LEAST: Mapping[Action, Role] = MappingProxyType({
    A.AGENT_READ:          R.VIEWER,
    A.BLUEPRINT_READ:      R.VIEWER,
    A.CONVERSATION_READ:   R.VIEWER,
    A.BUDGET_READ:         R.VIEWER,
    A.METRICS_READ:        R.VIEWER,
    A.MODEL_READ:          R.VIEWER,
    A.ORGANIZATION_READ:   R.VIEWER,
    A.POLICY_READ:         R.VIEWER,
    A.PROJECT_READ:        R.VIEWER,
    A.REFLEX_READ:         R.VIEWER,
    A.REPOSITORY_READ:     R.VIEWER,
    A.REQUEST_READ:        R.VIEWER,
    A.RUN_READ:            R.VIEWER,
    A.SPEND_READ:          R.VIEWER,   # one's own; that of all where in the whole organization
    A.STATE_READ:          R.VIEWER,
    A.TERMS_READ:          R.VIEWER,
    A.VARIABLE_READ:       R.VIEWER,
    A.WORKSPACE_READ:      R.VIEWER,
    A.CONVERSATION_SAY:    R.PROPOSER,
    A.REFLEX_TEACH:        R.PROPOSER,
    A.REQUEST_ASK:         R.PROPOSER,
    A.RUN_CANCEL:          R.PROPOSER,   # one's own; that of others from operator on
    A.RUN_COMMENT:         R.PROPOSER,
    A.RUN_DISCARD:         R.PROPOSER,   # one's own; that of others from approver on
    A.RUN_PROPOSE:         R.PROPOSER,
    A.RUN_REPLAN:          R.PROPOSER,
    A.RUN_APPROVE:         R.APPROVER,
    A.RUN_WITHDRAW:        R.APPROVER,
    A.ESCALATION_CLOSE:    R.OPERATOR,
    A.ESCALATION_READ:     R.OPERATOR,
    A.STATE_DOWNLOAD:      R.OPERATOR,
    A.STATE_ROLLBACK:      R.OPERATOR,
    A.VARIABLE_SET:        R.OPERATOR,
    A.WORKSPACE_LOCK:      R.OPERATOR,
    A.WORKSPACE_UNLOCK:    R.OPERATOR,
    A.WORKSPACE_UPDATE:    R.OPERATOR,
    A.WORKSPACE_CREATE:    R.OPERATOR,
    A.AGENT_SET:           R.ADMINISTRATOR,
    A.AUDIT_READ:          R.ADMINISTRATOR,
    A.CONVERSATION_OVERSEE: R.ADMINISTRATOR,
    A.BUDGET_SET:          R.ADMINISTRATOR,
    A.GRANT_READ:          R.ADMINISTRATOR,
    A.GRANT_SET:           R.ADMINISTRATOR,
    A.KEY_ROTATE:          R.ADMINISTRATOR,
    A.MODEL_SET:           R.ADMINISTRATOR,
    A.ORGANIZATION_CREATE: R.ADMINISTRATOR,
    A.PERSON_READ:         R.ADMINISTRATOR,
    A.PERSON_SET:          R.ADMINISTRATOR,
    A.POLICY_SET:          R.ADMINISTRATOR,
    A.PROJECT_CREATE:      R.ADMINISTRATOR,
    A.TERMS_SET:           R.ADMINISTRATOR,
    A.TOKEN_MINT:          R.ADMINISTRATOR,
    A.WORKSPACE_DELETE:    R.ADMINISTRATOR,
})
# fmt: on

AGENTS = frozenset({
    A.AGENT_READ, A.BLUEPRINT_READ, A.POLICY_READ, A.PROJECT_READ, A.ORGANIZATION_READ,
    A.REFLEX_READ, A.REQUEST_ASK, A.REQUEST_READ, A.RUN_CANCEL, A.RUN_DISCARD, A.RUN_PROPOSE,
    A.RUN_READ, A.RUN_REPLAN, A.STATE_READ, A.TERMS_READ, A.VARIABLE_READ, A.WORKSPACE_READ,
})  # fmt: skip
"""What an agent may be given at all. It never approves, and never changes who may what."""

OTHERS = MappingProxyType({A.RUN_DISCARD: R.APPROVER, A.RUN_CANCEL: R.OPERATOR})
"""From which role on somebody stops a run that is not his own."""


def refusal(actor: Actor, action: Action, place: Place) -> str:
    """Why not; empty where it may."""
    return _refusal(actor, action, place, LEAST.get(action))


def demand(actor: Actor, action: Action, place: Place) -> None:
    """Raises Forbidden."""
    if why := refusal(actor, action, place):
        raise Forbidden(why)


def demand_seen(actor: Actor, action: Action, place: Place, what: tuple[str, str]) -> None:
    """The same for something that may be hidden: to whom may not even read there, `what` (its kind
    and name) is not there. Raises Hidden, Forbidden."""
    if why := refusal(actor, Action.WORKSPACE_READ, place):
        raise Hidden(*what, why)
    demand(actor, action, place)


def demand_somewhere(actor: Actor, action: Action) -> None:
    """Before it is known where: whether it may anywhere in its organization. Raises Forbidden."""
    if why := _barred(actor, action):
        raise Forbidden(why)
    if actor.kind is Kind.SYSTEM or action is Action.SELF:
        return
    least = LEAST[action]
    if not all(_within(actor, rights, least) for rights in actor.rights):
        raise Forbidden(_lacks(actor, action, least))


def everywhere(actor: Actor, action: Action) -> bool:
    """Whether it may in the whole of its organization."""
    return not refusal(actor, action, Place(actor.organization))


def demand_given(actor: Actor, role: Role, place: Place) -> None:
    """Nobody gives, and nobody takes, more than he has there himself. Raises Forbidden."""
    demand(actor, Action.GRANT_SET, place)
    if actor.kind is not Kind.SYSTEM and not all(_covers(r, place, role) for r in actor.rights):
        raise Forbidden(f"{actor.id} is no {role} there, and nobody gives more than he has")


def demand_governed(actor: Actor, person: str, given: Grants) -> None:
    """Whether it may decide over the person itself, which every organization feels in which that
    has a role: who runs the server's own organization may, who runs another over those who are in
    no other. Raises Forbidden, Hidden."""
    demand(actor, Action.PERSON_SET, Place(actor.organization))
    homes = {grant.place.organization for grant in given}
    if actor.kind is Kind.SYSTEM or actor.organization == HOME:
        return
    if actor.organization not in homes:
        raise Hidden("person", person, f"{person} has no role in {actor.organization}")
    if homes != {actor.organization}:
        raise Forbidden(
            f"{person} has roles in other organizations, too: an administrator of the server's own"
            " does that; here, take away the roles (`dihedral grant remove`)"
        )


def may_approve(actor: Actor, run: Run, *, self_approval: bool) -> How:
    """How this actor's yes counts. Raises Forbidden.

    Whose words led to the run counts as its proposer: an agent is no way to agree with oneself.
    """
    if actor.kind is not Kind.PERSON:
        raise Forbidden("only a person approves a run")
    if actor.id not in (run.proposer, run.on_behalf_of):
        return How.PERSON
    if not self_approval:
        did = "proposed" if actor.id == run.proposer else "asked for"
        raise Forbidden(
            f"{actor.id} {did} {run.id}, so somebody else approves it;"
            " where one person works alone, start with DIHEDRAL_SELF_APPROVAL=1"
        )
    return How.SELF


def may_replan(actor: Actor, run: Run) -> None:
    """Raises Forbidden."""
    if actor.kind is Kind.AGENT and not _own(actor, run):
        raise Forbidden("an agent plans only its own runs again, for whom it proposed them")


def may_stop(actor: Actor, action: Action, run: Run, place: Place) -> None:
    """Discard or cancel; it is known already that it may stop its own. Raises Forbidden."""
    if _own(actor, run):
        return
    if actor.kind is Kind.AGENT:
        raise Forbidden("an agent stops only its own runs, for whom it proposed them")
    if why := _refusal(actor, action, place, OTHERS[action]):
        raise Forbidden(f"{run.id} is not yours: {why}")


def may_mint(parent: ApiToken | None, workspace: str | None) -> None:
    """An API token, with another one at most as wide as that. Raises Forbidden."""
    if parent is None:
        return
    if parent.role is not Role.ADMINISTRATOR:
        raise Forbidden(
            f"a token of role {parent.role} makes no tokens: log in, or use one of an administrator"
        )
    if parent.workspace not in (None, workspace):
        raise Forbidden(f"the token is for {parent.workspace} alone; say --workspace with it")


def may_end(token: ApiToken | None, key: str) -> None:
    """A token or a session of one's own; a lesser token, which others have, only itself. Raises
    Forbidden."""
    if token and token.role is not Role.ADMINISTRATOR and token.id != key:
        raise Forbidden(f"a token of role {token.role} ends nothing but itself: log in")


def _own(actor: Actor, run: Run) -> bool:
    """An agent that acts for somebody else by now must not do for him what only the first may."""
    if actor.kind is Kind.AGENT:
        return (actor.id, actor.on_behalf_of) == (run.proposer, run.on_behalf_of)
    return actor.id in (run.proposer, run.on_behalf_of)


def _refusal(actor: Actor, action: Action, place: Place, least: Role | None) -> str:
    if why := _barred(actor, action):
        return why
    if actor.kind is Kind.SYSTEM or action is Action.SELF:
        return ""
    if least is None:
        return f"nobody may {action}"
    if place.organization != actor.organization:
        return "it belongs to another organization"
    if all(_covers(rights, place, least) for rights in actor.rights):
        return ""
    return _lacks(actor, action, least)


def _barred(actor: Actor, action: Action) -> str:
    """Why it may nowhere, whatever it was given."""
    if actor.kind is Kind.SYSTEM:
        return ""
    if actor.kind is Kind.AGENT and action not in AGENTS:
        return f"only a person may do that ({action}), never an agent"
    if action is Action.SELF:
        return ""
    if actor.rights and all(actor.rights):
        return ""
    who = actor.id if actor.on_behalf_of is None else f"{actor.id} for {actor.on_behalf_of}"
    return f"{who} has no role here; an administrator gives one"


def _lacks(actor: Actor, action: Action, least: Role) -> str:
    article = "an" if least[0] in "ao" else "a"
    takes = f"{actor.id} may not do that here ({action}): it takes {article} {least}"
    if actor.kind is Kind.AGENT:
        return f"{takes}, and so must be the agent and {actor.on_behalf_of}, for whom it acts"
    return f"{takes}; an administrator gives roles (`dihedral grant set {actor.id} {least}`)"


def _covers(rights: Grants, place: Place, least: Role) -> bool:
    return any(
        _ORDER[grant.role] >= _ORDER[least] and _holds(grant.place, place) for grant in rights
    )


def _within(actor: Actor, rights: Grants, least: Role) -> bool:
    return any(
        _ORDER[grant.role] >= _ORDER[least] and grant.place.organization == actor.organization
        for grant in rights
    )


def _holds(outer: Place, inner: Place) -> bool:
    return (
        outer.organization == inner.organization
        and outer.project in (None, inner.project)
        and outer.workspace in (None, inner.workspace)
    )

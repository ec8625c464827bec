"""Which workspace a tool is about."""

from dihedral.domain.brief import Premises
from dihedral.domain.errors import Invalid
from dihedral.model.work.tools.context import Context, Parts


async def chosen(parts: Parts, context: Context, named: str) -> Premises:
    """The one that is named, else the conversation's. Raises Invalid, NotFound, Forbidden."""
    key = named or context.workspace
    if not key:
        raise Invalid("say which workspace: list_workspaces shows them")
    return await parts.estate.find(context.actor, key)

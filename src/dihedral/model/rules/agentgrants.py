"""What an agent's file gives it: roles, each in a place."""

from dihedral.domain import agent as agents
from dihedral.domain.right import Role, Where
from dihedral.model.rules.marked import Marked


def read(found: Marked | None) -> tuple[tuple[Role, Where], ...] | None:
    """None where the file says nothing of them. Raises Invalid."""
    return None if found is None else tuple(map(_grant, found.items(50)))


def _grant(one: Marked) -> tuple[Role, Where]:
    found = one.section(("role", "project", "workspace"), ("role",))
    role = found["role"].choice(Role)
    if role not in agents.ROLES:
        found["role"].wrong(f"no agent is given {role}: {' or '.join(agents.ROLES)}")
    if "project" in found and "workspace" in found:
        one.wrong("say the project or the workspace, and not both")
    place = {name: found[name].text(100) for name in ("project", "workspace") if name in found}
    return role, Where(**place)


def shown(role: Role, where: Where) -> dict[str, str]:
    place = {"project": where.project, "workspace": where.workspace}
    return {"role": role.value, **{name: value for name, value in place.items() if value}}

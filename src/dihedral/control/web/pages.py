"""Every page there is."""

from dihedral.control.web import (
    account,
    agents,
    assets,
    audit,
    blueprints,
    command,
    elsewhere,
    entering,
    inbox,
    overview,
    people,
    runs,
    shell,
    workspace,
    workspaces,
)

doors = (
    *entering.doors,
    *elsewhere.doors,
    *command.doors,
    *account.doors,
    *shell.doors,
    *inbox.doors,
    *runs.doors,
    *workspaces.doors,
    *workspace.doors,
    *blueprints.doors,
    *agents.doors,
    *people.doors,
    *audit.doors,
    *overview.doors,
    *assets.doors,
)

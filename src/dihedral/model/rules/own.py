"""The tool that is the loop's own: handing work on."""

from collections.abc import Iterable, Mapping

from dihedral.model.rules.tool import Effect, Tool

DELEGATE = Tool(
    name="delegate",
    description=(
        "Hand a piece of work to another agent and wait for what it says. It sees nothing of this"
        " conversation: put all that it needs into the brief, in whole sentences: what is wanted,"
        " why, where, names and values that the person gave, and what counts as done."
    ),
    parameters={
        "type": "object",
        "properties": {
            "agent": {"type": "string", "description": "Who is to do it."},
            "brief": {"type": "string", "description": "All that it needs to know."},
            "workspace": {
                "type": "string",
                "description": "The workspace that it is about, by name, if it is another one.",
            },
        },
        "required": ["agent", "brief"],
        "additionalProperties": False,
    },
    effect=Effect.PROPOSES,
)
READ_ON = "read_on"  # the tool that goes on in a result that was cut


def told(
    named: Iterable[str], delegates: tuple[str, ...], known: Mapping[str, Tool]
) -> dict[str, Tool]:
    """All that an agent may call: what its file names, as far as it is known, and what the loop
    needs."""
    names = [name for name in (*named, READ_ON) if name in known]
    found = {name: known[name] for name in names}
    return {**found, DELEGATE.name: DELEGATE} if delegates else found

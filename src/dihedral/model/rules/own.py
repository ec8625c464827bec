"""The tools that are the loop's own: to hand work on, and to read on in a result that was cut."""

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
READ_ON = Tool(
    name="read_on",
    description="Go on reading a result of this conversation that was cut.",
    parameters={
        "type": "object",
        "properties": {
            "result": {"type": "string", "description": "Which one, as its last line says."},
            "from": {"type": "integer", "description": "The character to go on from."},
        },
        "required": ["result", "from"],
        "additionalProperties": False,
    },
)


def told(
    named: Iterable[str], delegates: tuple[str, ...], known: Mapping[str, Tool]
) -> dict[str, Tool]:
    """All that an agent may call, by name: what its file names, as far as it is known, and ours."""
    ours = [READ_ON, DELEGATE] if delegates else [READ_ON]
    return {
        **{name: known[name] for name in named if name in known},
        **{tool.name: tool for tool in ours},
    }

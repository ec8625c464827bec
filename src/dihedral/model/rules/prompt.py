"""What an agent is told beside its prompt: with whom it talks, where, and who can help it.

What people, documents and tools say is never put here: it is said in messages, as what it is.
"""

from collections.abc import Sequence
from datetime import datetime

from dihedral.domain.agentspec import AgentSpec
from dihedral.domain.conversation import Conversation


def system(
    spec: AgentSpec, conversation: Conversation, delegates: Sequence[tuple[str, str]], now: datetime
) -> str:
    """`delegates` are agents to whom it may hand work, each with its purpose."""
    rows = [f"- Today is {now:%A, %Y-%m-%d} (UTC)."]
    whom = "an agent that hands you work for" if conversation.parent else "the person"
    rows.append(f"- You talk with {whom} {conversation.person}.")
    if conversation.workspace:
        rows.append(f"- The conversation is about workspace {conversation.workspace}.")
    rows += [f"- You may hand work to {name}: {purpose}" for name, purpose in delegates]
    return f"{spec.prompt.text.rstrip()}\n\n## Now\n\n" + "\n".join(rows) + "\n"

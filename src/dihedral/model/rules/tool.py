"""A tool as a model is told of it, and as the loop knows it; `model.work.tools` does it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What a call of it leaves behind."""

    READS = "reads"  # nothing: it may be called again, and beside others
    DRAFTS = "drafts"  # something of the conversation's own
    PROPOSES = "proposes"  # something that others see: once for each call's key


@dataclass(frozen=True, slots=True)
class Tool:
    """`parameters` is a JSON schema of an object. Names are `[a-z][a-z0-9_]*`."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    effect: Effect = Effect.READS


def table(tools: Iterable[Tool]) -> str:
    """For the documents, which a test compares."""
    rows = [f"| `{t.name}` | {t.effect} | {t.description} |" for t in tools]
    return "\n".join(["| tool | leaves | what a model is told of it |", "|---|---|---|", *rows])

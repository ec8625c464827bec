"""What the models of the talks say: each goes by what it is shown, as a real one would."""

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from tests.talks.house import use
from tests.wire.script import Asked, Say

Part: TypeAlias = Callable[[Asked], Say]

AWS = 'provider "aws" {\n  region = "eu-central-1"\n}\n\n'
LOCK = (
    AWS
    + """resource "aws_dynamodb_table" "nightly" {
  name                        = "nightly-lock"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "LockID"
  deletion_protection_enabled = true

  attribute {
    name = "LockID"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
"""
)
BRIEF_WORDS = "In the conversation's workspace make what was asked for, and nothing else."
RUN = re.compile(r"run-\w+")


def cast(large: Part, small: Part) -> Part:
    """Each model has a part; which of them is asked stands in the question."""
    return lambda asked: large(asked) if asked.model == "large-1" else small(asked)


def tool(asked: Asked) -> str:
    """Whose result is the newest."""
    return asked.results[-1].tool if asked.results else ""


def shown(asked: Asked) -> str:
    return asked.results[-1].text if asked.results else ""


def words(asked: Asked) -> str:
    """What the person said last."""
    return next(m.text for m in reversed(asked.messages) if m.by == "person")


def run(asked: Asked) -> str:
    """The newest run that any result or message names."""
    for message in reversed(asked.messages):
        parts = [getattr(part, "text", "") for part in message.parts]
        if found := RUN.findall("\n".join(parts)):
            return str(found[-1])
    raise AssertionError(f"no run was shown: {shown(asked)}")


def line(pattern: str, text: str) -> str:
    """What the record shows; what is not there is said not to be known."""
    found = re.search(pattern, text)
    return found[1] if found else "not known"


def drafter(*drafts: str, kind: str = "aws_dynamodb_table", reason: str = "As the brief.") -> Part:
    """A small model that reads, looks up, drafts, tries and mends: `drafts` are its versions of
    main.tf, and it writes the next one when a try was not good."""

    def part(asked: Asked) -> Say:
        written = sum(1 for m in asked.messages for c in m.calls if c.tool == "write_draft")
        draft = use("write_draft", files=[{"path": "main.tf", "content": _next(drafts, written)}])
        steps: dict[str, Callable[[], Say]] = {
            "": lambda: use("read_workspace"),
            "read_workspace": lambda: use("read_configuration"),
            "read_configuration": lambda: use("list_blueprints", search=words(asked)[:300]),
            "list_blueprints": lambda: use("describe_resource_type", type=kind),
            "describe_resource_type": lambda: draft,
            "write_draft": lambda: use("validate_draft"),
            "validate_draft": lambda: use("plan_draft") if _good(asked) else draft,
            "plan_draft": lambda: use("propose", reason=reason) if _good(asked) else draft,
            "propose": lambda: use("read_run", run=run(asked), wait=True),
            "read_run": lambda: Say(text=f"Proposed as {run(asked)}.\n{shown(asked)[:600]}"),
        }
        return steps[tool(asked)]()

    return part


def supervisor(brief: str, said: Callable[[Asked], str]) -> Part:
    """A large model that asks the reflex, hands on, reads the run, and answers."""

    def part(asked: Asked) -> Say:
        match tool(asked):
            case "":
                return use("ask_reflex", text=words(asked))
            case "ask_reflex":
                assert shown(asked).startswith("Not sure")
                return use("delegate", agent="infrastructure", brief=brief)
            case "delegate" if asked.results[-1].failed:
                return Say(text=f"It did not work: {shown(asked)}")
            case "delegate":
                return use("read_run", run=run(asked), wait=True)
            case _:
                return Say(text=said(asked))

    return part


def called(asked: Sequence[Asked]) -> list[str]:
    """Which tools were called in a talk, as the last question shows them."""
    return [call.tool for message in asked[-1].messages for call in message.calls]


def arguments(asked: Asked, name: str) -> list[dict[str, object]]:
    every = (call for message in asked.messages for call in message.calls)
    return [json.loads(call.arguments) for call in every if call.tool == name]


def _good(asked: Asked) -> bool:
    return "is valid" in shown(asked) or "It may be proposed" in shown(asked)


def _next(drafts: Sequence[str], written: int) -> str:
    return drafts[min(written, len(drafts) - 1)]

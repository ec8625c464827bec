"""Whose accounts a plan works in: what its own data sources and resources say of themselves."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

_ARN = re.compile(r"arn:[\w-]+:[\w-]*:[\w-]*:(\d{12}):")
_IDENTITY = "aws_caller_identity"


class _Values(Struct):
    account_id: Any = None
    arn: Any = None


class _Resource(Struct):
    type: str = ""
    mode: str = "managed"
    values: _Values | None = None


class _Module(Struct):
    resources: tuple[_Resource, ...] | None = None
    child_modules: "tuple[_Module, ...] | None" = None


class _Inside(Struct):
    root_module: _Module | None = None


class _State(Struct):
    values: _Inside | None = None


class _Document(Struct):
    prior_state: _State | None = None


def accounts(plan_json: bytes) -> frozenset[str]:
    """The AWS accounts that are surely the plan's own; empty where it does not say.

    They are those of who plans it (`aws_caller_identity`) and of what the state holds already.
    """
    try:
        document = msgspec.json.decode(plan_json, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return frozenset()
    state = document.prior_state and document.prior_state.values
    return frozenset(_accounts(state.root_module)) if state and state.root_module else frozenset()


def _accounts(module: _Module) -> Iterator[str]:
    for resource in module.resources or ():
        held = resource.values or _Values()
        if resource.type == _IDENTITY and held.account_id:
            yield str(held.account_id)
        elif resource.mode == "managed" and (match := _ARN.match(str(held.arn))):
            yield match[1]
    for child in module.child_modules or ():
        yield from _accounts(child)

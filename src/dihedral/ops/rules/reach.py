"""What a configuration reaches beyond its providers: hosts, other states, backends, programs."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from dihedral.ops.rules.grants import GuardRules, StateGrant, lent
from dihedral.ops.rules.hcl import UNKNOWN, Block, Value
from dihedral.ops.rules.paths import Note

_RUNS = "it runs a program of its own on the machine that applies"
_STATE = "the workspace keeps the state"
_VALUE = "pass the value as a variable"
# fmt: off
BANNED: Mapping[str, tuple[str, str]] = {
    "provisioner": (f"a provisioner is not allowed: {_RUNS}", "use a resource, or `user_data`"),
    "connection": ("a connection is of use to a provisioner only, and none is allowed",
                   "take it out"),
    "backend": (f"a backend is not allowed: {_STATE}", "take the block out"),
    "cloud": (f"a cloud block is not allowed: {_STATE}", "take the block out"),
    "state_store": (f"a state store is not allowed: {_STATE}", "take the block out"),
    "external": (f"external data is not allowed: {_RUNS}", _VALUE),
    "http": ("http data is not allowed: it reaches hosts that nobody allowed", _VALUE),
    "terraform_remote_state": ("reading another state is not allowed here: it holds every secret",
                               f"{_VALUE}, or have the terms grant a workspace's outputs"
                               " (guard.remote_states)"),
    "local_command": (f"an action that runs a command is not allowed: {_RUNS}", "take it out"),
}
# fmt: on
SETTINGS = frozenset({"backend", "cloud", "state_store"})  # elsewhere these are a resource's own
STATES = "terraform_remote_state"
# settings of a backend that only say where and how, never whose
_PLAIN = frozenset({"region", "encrypt", "use_lockfile", "dynamodb_table"})
_URL = re.compile(r"https://([a-z0-9.-]{1,253})(?::443)?(?:[/?][^\s@\\]*)?")


def named(block: Block) -> str:
    """What a block is to the table above: a data source's type, or the block's own kind."""
    first = (block.labels or ("",))[0]
    named = {"dynamic": first, "data": first, "ephemeral": first, "action": first, "list": first}
    return named.get(block.kind, block.kind)


def granted(name: str, rules: GuardRules) -> bool:
    """Whether there is any block of this name that the rules allow."""
    return {
        "provisioner": bool(rules.provisioners),
        "connection": bool(rules.provisioners & {"remote-exec", "file"}),
        STATES: bool(rules.remote_states),
        **dict.fromkeys(SETTINGS, bool(rules.backends)),
    }.get(name, name in rules.data)


def judge(path: str, block: Block, parent: str, rules: GuardRules) -> Iterator[Note]:
    """One block, if it is one of those that reach out."""
    name = named(block)
    if name not in BANNED or (name in SETTINGS and parent != "terraform"):
        return
    first = (block.labels or ("",))[0]
    allowed = granted(name, rules) and block.kind != "dynamic"
    if name in SETTINGS:
        allowed = (first or name) in rules.backends
    elif name == "provisioner":
        allowed = first in rules.provisioners
    if not allowed:
        yield Note(path, block.line, *BANNED[name])
    elif name == "http":
        yield from url(path, block.line, block.values.get("url"), rules)
    elif name == STATES and not state(settings(block), rules):
        why = "this state is none of those granted (guard.remote_states)"
        mend = "write backend and config plainly, as granted"
        if rules.lenders:
            mend += f': backend = "local", config = {{ path = "{lent(rules.lenders[0])}" }}'
        yield Note(path, block.line, why, mend)


def url(path: str, line: int, said: Value | None, rules: GuardRules) -> Iterator[Note]:
    text = said.text if said else None
    met = _URL.fullmatch(text or "")
    if not met or not any(_host(met[1], h) for h in rules.data["http"]):
        why = f"http data from {text!r} is not allowed" if text else "its url is not written out"
        yield Note(path, line, why, f"write https:// and one of {', '.join(rules.data['http'])}")


def _host(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def settings(block: Block) -> dict[str, str | None]:
    """Every setting of a remote state, flat; None for what is not written out."""
    config = block.values.get("config")
    # the JSON form does not tell the attribute `backend` from a block, and it counts as a value
    odd = any(b.kind not in ("backend", "config", "defaults") for b in block.blocks)
    found: dict[str, str | None] = {UNKNOWN: None} if odd or (config and not config.items) else {}
    for name in ("backend", "workspace"):
        if name in block.values:
            found[name] = block.values[name].text
    return found | (dict(_flat("", config)) if config else {})


def _flat(prefix: str, value: Value) -> Iterator[tuple[str, str | None]]:
    for name, inner in value.items.items():
        if inner.items:
            yield from _flat(f"{prefix}{name}.", inner)
        else:
            plain = inner.text if inner.text is not None else None
            yield prefix + name, plain if plain is not None else _flag(inner)


def _flag(value: Value) -> str | None:
    return value.source if value.source in ("true", "false") else None


def state(settings: Mapping[str, str | None], rules: GuardRules) -> bool:
    """Whether a remote state with these settings is granted."""
    return any(_matches(settings, grant) for grant in rules.remote_states)


def _matches(settings: Mapping[str, str | None], grant: StateGrant) -> bool:
    if grant.workspace:
        return settings == {"backend": "local", "path": lent(grant.workspace)}
    wanted = {"backend": grant.backend, "workspace": "default", **grant.where}
    said = {"workspace": "default", **settings}
    if set(said) - set(wanted) - _PLAIN:
        return False
    return all(_like(said.get(name), pattern) for name, pattern in wanted.items())


def _like(value: str | None, pattern: str) -> bool:
    return value is not None and ".." not in value and fnmatchcase(value, pattern)

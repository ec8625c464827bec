"""Nothing that may hold a secret shows it when it is printed, as in a log or a traceback."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import dihedral
from dihedral.kit.blob import Keyring
from dihedral.kit.dsse import Signer

# fields of these names hold secrets, unless they are digests, or of a type that hides itself
NAMES = {
    "env", "environ", "value", "values", "literals", "expressions", "state", "plan", "plan_json",
    "plan_file", "token", "password", "private", "raw", "secret", "secrets", "told", "stderr_tail",
}  # fmt: skip
INNOCENT = {  # and these do not: what they hold is shown to people as it is
    "control.api.account.AccountShape.token",  # what is kept of one
    "control.api.account.NewToken.token",
    "control.api.variables.VariableShape.value",  # null where it is sensitive
    "control.cli.checkup.Line.state",
    "control.cli.demo.Stage.env",
    "control.web.command.Command.state",  # what the command made up, for the browser to bring back
    "domain.actor.Actor.token",  # its id
    "domain.diagnostic.Diagnostic.values",
    "ops.rules.attributes.Side.values",
    "ops.rules.clouds.Place.token",  # paths of files
    "ops.rules.clouds.Wants.env",
    "ops.rules.clouds.Wants.token",
    "ops.rules.hcl.Block.values",
    "ops.rules.joins.Neighbours.plan",  # which hides what it holds
    "ops.rules.policy.Said.values",
    "ops.work.apitokens.Made.token",  # what is kept of one
    "ops.work.gates._Planned.plan",  # which hides what it holds
    "ops.store.people.Presented.token",  # what is kept of one
    "ops.work.sandbox.Sandbox.env",  # names of variables
}
TYPES = ("Digest", "Secret", "bool", "int", "Status", "Place", "Audience", "Path")


def shown() -> Iterator[str]:
    """Every field of such a name that a repr prints."""
    for module in pkgutil.walk_packages(dihedral.__path__, "dihedral."):
        if ".simulator" in module.name or module.name.endswith("__main__"):
            continue
        for name, kind in vars(importlib.import_module(module.name)).items():
            if isinstance(kind, type) and kind.__module__ == module.name:
                yield from (f"{module.name[9:]}.{name}.{f}" for f in _printed(kind))


def _printed(kind: type[Any]) -> Iterator[str]:
    if not dataclasses.is_dataclass(kind):
        return
    for field in dataclasses.fields(kind):
        typed = str(field.type)
        if field.repr and field.name in NAMES and not any(word in typed for word in TYPES):
            yield field.name


def test_no_field_that_holds_secrets_is_printed() -> None:
    assert set(shown()) == INNOCENT


def test_keys_do_not_show_themselves() -> None:
    raw = bytes(range(32))
    ring, signer = Keyring(raw), Signer.of(raw)
    for told in (repr(ring), repr(ring.master), str(vars(ring)), repr(signer)):
        assert raw.hex() not in told and repr(raw)[2:-1] not in told

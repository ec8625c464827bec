"""Canaries: a secret in every place where a plan can hold one, and none of them comes out."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from dihedral.domain.audit import Head
from dihedral.domain.change import Plan
from dihedral.domain.ids import ActorId, Digest, RunId, WorkspaceId
from dihedral.domain.run import Run
from dihedral.domain.verdict import Finding, Ruling, Verdict
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules import blast, compact, cost, effect, evidence, guard, plan, planjson, redact
from dihedral.ops.rules.evidence import Account
from dihedral.ops.rules.guard import GuardRules
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.numbers import Numbers, show
from dihedral.ops.work import prices
from tests.ops import plans
from tests.ops.plans import change, configuration, resource

Json = dict[str, Any]


class Nest:
    """Lays canaries: each is a secret of its own, named for where it was laid."""

    def __init__(self) -> None:
        self.laid: dict[str, str] = {}
        self._next = count(1)

    def __call__(self, where: str) -> str:
        self.laid[where] = f"cAnary-{next(self._next):03}-xQz9"
        return self.laid[where]


def marks(lay: Nest) -> Iterator[Json]:
    """By the plan's own marks, and again where nothing marks them."""
    for n, (side, mark) in enumerate((s, m) for s in SIDES for m in MARKS):
        deep = {"a": [{"b": lay(f"{side} deep under {mark}")}]}
        held = {"x": lay(f"{side} under {mark}"), **deep}
        where = {"x": True, "a": [{"b": True}]}
        yield change(f"aws_x.m{n}", "update", **{side: held, mark: where})
    whole = {"x": lay("under a mark of everything")}
    yield change("aws_x.whole", "create", after=whole, after_sensitive=True)
    again = lay("marked, and again in a longer text")
    yield change("aws_x.once", "create", after={"x": again}, after_sensitive={"x": True})
    yield change("aws_x.again", "create", after={"cmd": f"run --with={again}!", again: 1})
    packed = lay("marked, and again in base64")
    yield change("aws_x.pack", "create", after={"x": packed}, after_sensitive={"x": True})
    text = base64.b64encode(gzip.compress(f"#!/bin/sh\nuse {packed}".encode())).decode()
    yield change("aws_x.packed", "create", after={"rendered": text})
    document = lay("inside a marked text that is JSON")
    held = {"x": json.dumps({"login": {"pin": document}})}
    yield change("aws_x.doc", "create", after=held, after_sensitive={"x": True})
    yield change("aws_x.after_doc", "create", after={"note": f"see {document}"})


SIDES = ("before", "after")
MARKS = ("before_sensitive", "after_sensitive")


def names(lay: Nest) -> Iterator[Json]:
    """By the names of attributes, also in documents inside of texts."""
    for n, name in enumerate(("master_password", "apiKey", "client_secret", "private_key_pem")):
        yield change(f"aws_n.a{n}", "update", before={name: lay(f"named {name}")}, after={})
    env = [{"name": "DB_PASSWORD", "value": lay("container definitions")}]
    yield change("aws_n.task", "create", after={"container_definitions": json.dumps([{"e": env}])})
    function = {"environment": [{"variables": {"API_TOKEN": lay("environment map")}}]}
    yield change("aws_n.function", "create", after=function)
    tag = {"settings": {"secret": {"inner": lay("a map whose key names a secret")}}}
    yield change("aws_n.map", "create", after=tag)
    pair = [{"ParameterKey": "Password", "ParameterValue": lay("a pair as CloudFormation has it")}]
    yield change("aws_n.pair", "create", after={"parameters": pair})
    script = f"#!/bin/sh\nexport DB_PASSWORD='{lay('user data')}'\nrun --token {lay('an option')}\n"
    yield change("aws_n.data", "create", after={"user_data": script})
    coded = base64.b64encode(f"password: {lay('user data in base64')}\n".encode()).decode()
    yield change("aws_n.coded", "create", after={"user_data_base64": coded})
    url = f"postgres://app:{lay('a connection string')}@db/x"
    yield change("aws_n.url", "create", after={"address": url})
    policy = {"Statement": [{"Condition": {"x": {"aws:token": lay("a policy")}}}]}
    yield change("aws_n.policy", "create", after={"policy": json.dumps(policy)})
    again = lay("named, and again in another resource")
    yield change("aws_n.one", "create", after={"password": again})
    yield change("aws_n.two", "create", after={"note": f"it is {again}."})


def elsewhere(lay: Nest) -> tuple[list[Json], Json]:
    """Outside of the changes: each is repeated in a change, where nothing says that it is one."""
    sensitive, child = lay("a sensitive variable"), lay("a sensitive variable of a module")
    default, provider = lay("its default"), lay("the settings of a provider")
    constant, connection = lay("a constant"), lay("the connection of a provisioner")
    state, data, named = lay("the state"), lay("a data source"), lay("a data source, by name")
    output, planned = lay("an output of the state"), lay("planned values")
    shown = lay("an output")
    every = [sensitive, child, default, provider, constant, connection, state, data, named]
    every += [output, planned, shown]
    repeated = [
        change(f"aws_e.r{n}", "update", before={"note": f"<{one}>"}, after={"note": f"({one})"})
        for n, one in enumerate(every)
    ]
    written = configuration(
        resource("aws_e.r0", expressions={"password": {"constant_value": constant}})
        | {"provisioners": [{"type": "x", "expressions": {"pwd": {"constant_value": connection}}}]},
        variables={"login": {"sensitive": True}, "other": {"sensitive": True, "default": default}},
        module_calls={
            "m": {
                "source": "./m",
                "expressions": {"v": {"constant_value": child}},
                "module": {"variables": {"v": {"sensitive": True}}},
            }
        },
    )
    settings = {"assume_role": [{"access_key": {"constant_value": provider}}]}
    values = {
        "outputs": {"o": {"value": output, "sensitive": True}},
        "root_module": {
            "resources": [
                _held("aws_e.r1", {"x": state}, {"x": True}),
                _held("data.aws_e.d", {"x": data}, {"x": True}, mode="data"),
                _held("data.aws_e.n", {"secret_string": named}, {}, mode="data"),
            ]
        },
    }
    rest = {
        "variables": {"login": {"value": sensitive}},
        "configuration": written | {"provider_config": {"aws": {"expressions": settings}}},
        "prior_state": {"values": values},
        "planned_values": {
            "root_module": {"resources": [_held("aws_e.r2", {"x": planned}, {"x": True})]}
        },
        "output_changes": {
            "o": {"actions": ["create"], "after": shown, "after_sensitive": True},
            "db_password": {"actions": ["create"], "after": lay("an output by its name")},
        },
    }
    return repeated, rest


def _held(address: str, values: Json, marked: Json, mode: str = "managed") -> Json:
    return {"address": address, "mode": mode, "values": values, "sensitive_values": marked}


def beside(lay: Nest) -> Json:
    """Drift, what is deferred, checks, and actions of providers."""
    drifted, late = lay("the drift"), lay("a deferred change")
    failed, ran = lay("the message of a check"), lay("an action")
    held = {"before": {"x": failed}, "before_sensitive": {"x": True}}
    return {
        "resource_drift": [
            change("aws_d.a", "update", before={"x": drifted}, before_sensitive={"x": True}),
            change("aws_d.b", "update", **held),
        ],
        "deferred_changes": [
            {
                "reason": "absent_prereq",
                "resource_change": change("aws_d.l", "create", after={"password": late}),
            }
        ],
        "checks": [
            {
                "address": {"to_display": "check.x", "kind": "check"},
                "status": "fail",
                "instances": [{"status": "fail", "problems": [{"message": f"got {failed}"}]}],
            }
        ],
        "action_invocations": [
            {
                "address": "action.aws_x.run",
                "config_values": {"body": ran},
                "config_sensitive": {"body": True},
            }
        ],
    }


@pytest.fixture(scope="module")
def laid() -> tuple[Nest, bytes, Plan]:
    lay = Nest()
    repeated, rest = elsewhere(lay)
    written = plans.document(*marks(lay), *names(lay), *repeated, **rest, **beside(lay))
    text = plans.text(written)
    return lay, text, plan.decode(text)


def out(lay: Nest, shown: str) -> list[str]:
    """Where the canaries were laid that came out."""
    return [where for where, canary in lay.laid.items() if canary in shown]


def test_every_canary_is_in_the_plan(laid: tuple[Nest, bytes, Plan]) -> None:
    lay, text, _ = laid
    inside = {"marked, and again in base64", "user data in base64"}
    assert set(out(lay, text.decode())) >= lay.laid.keys() - inside
    assert len(lay.laid) > 40


def test_none_comes_out_of_what_is_shown(laid: tuple[Nest, bytes, Plan]) -> None:
    lay, _, found = laid
    assert out(lay, json.dumps(redact.redact(found))) == []
    assert out(lay, redact.text(found, width=10_000)) == []
    assert out(lay, json.dumps([redact.variables(found), redact.checks(found)])) == []
    assert out(lay, compact.compact(found, budget=100_000)) == []


def test_none_comes_out_of_a_text_that_passes_the_scrubber(laid: tuple[Nest, bytes, Plan]) -> None:
    lay, _, found = laid
    clear = redact.scrubber(found)
    behind_marks = [c for where, c in lay.laid.items() if not where.startswith(UNSEEN)]
    told = clear("; ".join(f"the policy saw {c}" for c in behind_marks))
    assert out(lay, told) == []
    assert told.count("the policy saw") == len(behind_marks)


# only the shape around these says that they are secrets; without it nobody can know
UNSEEN = ("user data", "an option", "a connection string")


def test_none_comes_out_of_verdicts_numbers_and_evidence(laid: tuple[Nest, bytes, Plan]) -> None:
    lay, text, found = laid
    clear = redact.scrubber(found)
    priced, measured = cost.estimate(found, prices.load(), "us-east-1"), blast.measure(found)
    hostile = " ".join(c for w, c in lay.laid.items() if not w.startswith(UNSEEN))
    verdicts = [
        guard.recheck(text, GuardRules()),
        cost.judge(priced, Limits()),
        blast.judge(measured, Limits()),
        Verdict(Ruling.DENY, "policy", f"found {hostile}", (Finding(hostile, "aws_x.a", hostile),)),
    ]
    kept = redact.everywhere(verdicts, clear)
    numbers = redact.everywhere(show(Numbers({}, priced, measured)), clear)
    summary = {**asdict(plan.summary(found)), "line": plan.line(plan.summary(found))}
    at = datetime(2030, 1, 1, tzinfo=UTC)
    run = Run(
        id=RunId("run-1"),
        workspace=WorkspaceId("ws-1"),
        proposer=ActorId("ada"),
        configuration=Digest("0"),
        created_at=at,
        summary=summary,
        numbers=numbers,
        reason=clear(hostile),
    )
    workspace = Workspace(id=WorkspaceId("ws-1"), name="shop", created_at=at)
    story = evidence.compose(
        Account(
            run=run,
            workspace=workspace,
            verdicts=kept,
            history=[],
            approvals=[],
            states=[],
            head=Head(),
            public=bytes(32),
        )
    )
    assert out(lay, story.decode()) == []
    assert out(lay, "".join(map(repr, kept)) + json.dumps(numbers)) == []
    assert [v.ruling for v in kept] == [v.ruling for v in verdicts]
    assert out(lay, effect.digest(text)) == []


def test_the_plan_itself_does_not_print_what_it_knows_beside_its_changes() -> None:
    written = {"variables": {"login": {"value": "cAnary-000-xQz9"}}}
    declared = configuration(variables={"login": {"sensitive": True}})
    found = plans.read(**written, configuration=declared)
    assert found.variables["login"].sensitive and "cAnary-000-xQz9" in found.secrets
    assert "cAnary" not in repr(found)


def test_a_document_is_read_once_for_all_gates() -> None:
    text = plans.text(plans.document(change("aws_vpc.a", "create")))
    document = planjson.read(text)
    assert plan.of(document) == plan.of(document) == plan.decode(text)

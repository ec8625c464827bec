"""Which files of tests begin first: those that take longest, so that none of them is left to run
alone at the end while the other processes wait.

Shape   by how long each took by itself, the longest first. A file that is not here comes after
        these; where a new one takes more than some ten seconds, it belongs here.
"""

from collections.abc import Iterable

FIRST = (
    "model/test_turn_kill.py",
    "control/test_matrix.py",
    "wire/test_providers.py",
    "attacks/test_attacks.py",
    "ops/test_hostile.py",
    "control/test_openapi.py",
    "blueprints/test_blueprints.py",
    "web/test_tour.py",
    "web/test_plain.py",
    "web/test_races.py",
    "ops/test_hostile_outside.py",
    "ops/test_ledger_races.py",
    "ops/test_rebase.py",
    "test_parity.py",
    "ops/test_two_workers.py",
    "model/tools/test_drafting.py",
    "test_bad_input.py",
    "talks/test_more.py",
    "control/test_up.py",
    "wire/test_wires.py",
    "simulator/test_cycle.py",
    "ops/test_approval.py",
    "ops/test_policy_opa.py",
    "ops/test_kill.py",
    "control/test_login_cli.py",
    "model/tools/test_reading.py",
    "talks/test_terminal.py",
    "ops/test_keys.py",
    "ops/test_across.py",
    "wire/test_line.py",
    "policies/test_pack.py",
    "talks/test_talks.py",
    "control/test_canary.py",
    "control/test_key_cli.py",
    "kit/test_postgres.py",
    "control/test_cli.py",
    "control/test_leaks.py",
    "ops/test_approval_races.py",
    "ops/test_repository.py",
    "talks/test_faults.py",
    "ops/test_terms.py",
    "model/test_slots.py",
    "model/test_gateway_wires.py",
    "ops/test_pipeline.py",
    "ops/test_key_kill.py",
    "control/test_model_cli.py",
    "control/test_agent_cli.py",
    "ops/test_sandbox.py",
    "ops/test_building.py",
    "ops/test_openings.py",
    "ops/test_guard.py",
    "control/test_login.py",
    "ops/test_leash.py",
    "ops/test_identity.py",
    "ops/test_evidence.py",
    "control/test_audit_cli.py",
    "ops/test_guard_disguise.py",
    "kit/test_queue.py",
)
_RANKS = {f"tests/{name}": rank for rank, name in enumerate(FIRST)}


def rank(path: str) -> int:
    """The smaller, the sooner; `path` is relative to the repository."""
    return _RANKS.get(path, len(FIRST))


def unknown(paths: Iterable[str]) -> set[str]:
    """Those that are named here, and are not there."""
    return _RANKS.keys() - set(paths)

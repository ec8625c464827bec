"""Which files of tests begin first: those that take longest, so that none of them is left to run
alone at the end while the other processes wait.

Shape   by how long each took by itself, the longest first. A file that is not here comes after
        these; where a new one takes more than some ten seconds, it belongs here.
"""

from collections.abc import Iterable

FIRST = (
    "ops/test_hostile.py",
    "ops/test_hostile_outside.py",
    "attacks/test_attacks.py",
    "control/test_matrix.py",
    "test_parity.py",
    "web/test_tour.py",
    "web/test_plain.py",
    "web/test_races.py",
    "control/test_openapi.py",
    "test_bad_input.py",
    "ops/test_keys.py",
    "ops/test_approval.py",
    "ops/test_kill.py",
    "ops/test_across.py",
    "control/test_up.py",
    "ops/test_pipeline.py",
    "ops/test_identity.py",
    "control/test_login_cli.py",
    "blueprints/test_blueprints.py",
    "ops/test_leash.py",
    "ops/test_refusal.py",
    "ops/test_two_workers.py",
    "ops/test_mend.py",
    "ops/test_key_kill.py",
    "ops/test_evidence.py",
    "control/test_doors.py",
    "kit/test_postgres.py",
    "control/test_login.py",
    "control/test_oidc.py",
    "ops/test_sandbox.py",
    "control/test_canary.py",
    "simulator/test_cycle.py",
    "control/test_key_cli.py",
    "control/test_leaks.py",
    "control/test_runs_api.py",
    "ops/test_approval_races.py",
    "ops/test_audit.py",
    "ops/test_caged.py",
    "control/test_people_api.py",
    "ops/test_simulated.py",
    "control/test_opa_cli.py",
    "control/test_cli.py",
    "ops/test_access.py",
    "ops/test_policy_engine.py",
    "control/test_policies_api.py",
    "kit/test_queue.py",
    "simulator/test_semantics.py",
    "control/test_requests_api.py",
    "control/test_tls.py",
    "control/test_agent_attacks.py",
    "ops/test_guard_disguise.py",
    "control/test_audit_cli.py",
    "control/test_workspaces_api.py",
    "ops/test_terraform.py",
)
_RANKS = {f"tests/{name}": rank for rank, name in enumerate(FIRST)}


def rank(path: str) -> int:
    """The smaller, the sooner; `path` is relative to the repository."""
    return _RANKS.get(path, len(FIRST))


def unknown(paths: Iterable[str]) -> set[str]:
    """Those that are named here, and are not there."""
    return _RANKS.keys() - set(paths)

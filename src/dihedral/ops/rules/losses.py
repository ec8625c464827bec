"""What is lost when something goes that holds data, how sure that is, and what would be left.

Source  each type's own documentation in its provider: what destroying it does by its attributes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dihedral.domain.change import Action, Change, Object
from dihedral.ops.rules import stateful


class Sure(StrEnum):
    SURELY = "surely"
    PROBABLY = "probably"  # such things hold data more often than not
    EMPTY = "only if empty"  # it cannot be destroyed while it holds any


@dataclass(frozen=True, slots=True)
class Loss:
    """`left` is what stays or can be had back, and for how long; empty where nothing does."""

    sure: Sure
    left: str = ""
    held: str = ""  # why the apply itself may fail


# fmt: off
PROBABLY = frozenset({
    "aws_instance", "aws_lightsail_instance", "aws_emr_cluster", "aws_sqs_queue", "aws_mq_broker",
    "aws_cloudwatch_log_group", "aws_ecr_repository", "aws_ecrpublic_repository",
    "aws_elasticache_cluster", "aws_elasticache_serverless_cache", "aws_dax_cluster",
    "aws_elasticache_replication_group", "aws_glue_catalog_database", "aws_glue_catalog_table",
    "aws_athena_named_query", "aws_route53_zone", "aws_transfer_server", "aws_grafana_workspace",
    "aws_dms_replication_instance", "aws_rds_cluster_instance", "aws_docdb_cluster_instance",
    "aws_neptune_cluster_instance", "aws_sagemaker_notebook_instance", "aws_sagemaker_domain",
    "aws_fsx_file_cache", "aws_kinesis_stream", "aws_ssm_parameter", "aws_backup_vault",
    "local_file", "local_sensitive_file", "random_password", "tls_private_key",
    "kubernetes_namespace", "kubernetes_namespace_v1", "kubernetes_secret", "kubernetes_secret_v1",
    "aws_secretsmanager_secret_version", "aws_connect_instance", "aws_timestreamwrite_database",
    "google_pubsub_topic", "google_redis_instance", "azurerm_redis_cache",
})
PROTECTS = ("deletion_protection", "deletion_protection_enabled", "enable_deletion_protection",
            "disable_api_termination", "termination_protection")
KEEPS = ("skip_destroy", "retain_on_delete", "skip_deletion")
# fmt: on


def of(change: Change) -> Loss | None:
    """What the change loses; None where nothing that holds data goes."""
    goes = change.action in (Action.DELETE, Action.REPLACE)
    if not goes or change.type not in stateful.TYPES:
        return None
    values = change.before or {}
    sure = Sure.PROBABLY if change.type in PROBABLY else Sure.SURELY
    stays = [name for name in KEEPS if values.get(name) is True]
    if stays or values.get("deletion_policy") in ("ABANDON", "RETAIN"):
        return Loss(Sure.EMPTY, f"it stays in the world ({(stays or ['deletion_policy'])[0]})")
    held = [name for name in PROTECTS if values.get(name) is True]
    why = f"its provider refuses while {held[0]} is on" if held else ""
    rule = RULES.get(change.type)
    empties, left = rule(values) if rule else (False, "")
    return Loss(Sure.EMPTY if empties else sure, left, why)


Left = tuple[bool, str]  # whether it must be empty to go, and what is left


def _final(values: Object) -> Left:
    if values.get("skip_final_snapshot") is False:
        name = values.get("final_snapshot_identifier")
        return False, f"a final snapshot ({name})" if name else "a final snapshot"
    if values.get("delete_automated_backups") is False and values.get("backup_retention_period"):
        return False, f"automated backups, for {values['backup_retention_period']} days"
    return False, ""


def _until_empty(attribute: str) -> Callable[[Object], Left]:
    def rule(values: Object) -> Left:
        return values.get(attribute) is not True, ""

    return rule


def _window(attribute: str, days: int, what: str) -> Callable[[Object], Left]:
    def rule(values: Object) -> Left:
        found = values.get(attribute)
        left = found if isinstance(found, int) else days
        return False, f"{what} for {left} days" if left else ""

    return rule


def _named(attribute: str, what: str) -> Callable[[Object], Left]:
    def rule(values: Object) -> Left:
        return False, what if values.get(attribute) else ""

    return rule


def _recovery(values: Object) -> Left:
    pitr: Any = values.get("point_in_time_recovery") or [{}]
    first = pitr[0] if isinstance(pitr, list) and isinstance(pitr[0], dict) else {}
    return False, "a system backup for 35 days" if first.get("enabled") is True else ""


_RETAINED = "automatic snapshots that it was told to keep"
# fmt: off
RULES: Mapping[str, Callable[[Object], Left]] = {
    **dict.fromkeys(("aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster",
                     "aws_neptune_cluster", "aws_redshift_cluster"), _final),
    **dict.fromkeys(("aws_s3_bucket", "aws_s3_directory_bucket", "google_storage_bucket",
                     "aws_backup_vault", "aws_lightsail_bucket", "aws_route53_zone"),
                    _until_empty("force_destroy")),
    **dict.fromkeys(("aws_ecr_repository",), _until_empty("force_delete")),
    "google_bigquery_dataset": _until_empty("delete_contents_on_destroy"),
    "aws_dynamodb_table": _recovery,
    "aws_ebs_volume": _named("final_snapshot", "a final snapshot"),
    "aws_kms_key": _window("deletion_window_in_days", 30, "the key can be had back"),
    "aws_kms_external_key": _window("deletion_window_in_days", 30, "the key can be had back"),
    "aws_kms_replica_key": _window("deletion_window_in_days", 30, "the key can be had back"),
    "aws_secretsmanager_secret": _window("recovery_window_in_days", 30,
                                         "the secret can be had back"),
    "aws_elasticache_cluster": _named("final_snapshot_identifier", "a final snapshot"),
    "aws_elasticache_replication_group": _named("final_snapshot_identifier", "a final snapshot"),
    "aws_memorydb_cluster": _named("final_snapshot_name", "a final snapshot"),
    "aws_redshiftserverless_namespace": _named("final_snapshot_name", "a final snapshot"),
    "aws_fsx_windows_file_system": _named("final_backup_tags", _RETAINED),
    "aws_cloudtrail_event_data_store": lambda _: (False, "the store can be had back for 7 days"),
    "aws_acmpca_certificate_authority": _window("permanent_deletion_time_in_days", 30,
                                                "the authority can be had back"),
    # a member of a cluster: the data is the cluster's own
    **dict.fromkeys(("aws_rds_cluster_instance", "aws_docdb_cluster_instance",
                     "aws_neptune_cluster_instance"), lambda _: (False, "the cluster's own data")),
    **dict.fromkeys(("azurerm_key_vault", "azurerm_key_vault_key", "azurerm_key_vault_secret"),
                    lambda _: (False, "it can be had back for 7 to 90 days (soft delete)")),
}
# fmt: on

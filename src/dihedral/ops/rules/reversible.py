"""How a change is taken back: yes, with effort, or not at all, and why.

Source  each type's own documentation: what cannot be made smaller or older, what name is given to
        others as soon as it is free, what comes back with another address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dihedral.domain.change import Action, Change, tags_only
from dihedral.ops.rules.losses import Loss, Sure


class Ease(StrEnum):
    """In order: a plan is as reversible as the worst that it does."""

    YES = "yes"
    EFFORT = "with effort"
    NO = "no"


ORDER = tuple(Ease)


@dataclass(frozen=True, slots=True)
class Back:
    ease: Ease
    why: str


# fmt: off
GONE: Mapping[str, str] = {  # what nobody can make again as it was
    "aws_eip": "its address goes back to everybody's",
    "aws_iam_access_key": "its secret cannot be had again",
    "aws_lightsail_static_ip": "its address goes back to everybody's",
    "google_compute_address": "its address goes back to everybody's",
    "azurerm_public_ip": "its address goes back to everybody's",
}
NAMED: Mapping[str, str] = {  # what can be made again, if nobody takes its name first
    "aws_s3_bucket": "its name is free for anybody in the world",
    "google_storage_bucket": "its name is free for anybody in the world",
    "azurerm_storage_account": "its name is free for anybody in the world",
    "aws_route53_zone": "a new zone has other name servers",
    "aws_route53_record": "resolvers remember the old answer for as long as its ttl",
    "aws_cloudfront_distribution": "a new one has another name",
    "aws_cognito_user_pool": "its users have to be made again",
    "aws_acm_certificate": "a new one has to be validated",
    "aws_lb": "a new one has another name",
    "aws_api_gateway_rest_api": "a new one has another name",
    "aws_apigatewayv2_api": "a new one has another name",
    "aws_lambda_function_url": "a new one has another name",
    "aws_nat_gateway": "a new one may have another address",
}
ONE_WAY: Mapping[str, tuple[str, ...]] = {  # attributes that only ever grow
    "aws_db_instance": ("allocated_storage", "engine_version", "storage_encrypted"),
    "aws_rds_cluster": ("engine_version",),
    "aws_eks_cluster": ("version", "encryption_config"),
    "aws_ebs_volume": ("size",),
    "aws_elasticache_replication_group": ("engine_version",),
    "aws_elasticache_cluster": ("engine_version",),
    "aws_opensearch_domain": ("engine_version", "encrypt_at_rest", "node_to_node_encryption"),
    "aws_msk_cluster": ("kafka_version", "broker_node_group_info"),
    "aws_redshift_cluster": ("cluster_version",),
    "aws_fsx_windows_file_system": ("storage_capacity",),
    "aws_fsx_lustre_file_system": ("storage_capacity",),
    "aws_s3_bucket_versioning": ("versioning_configuration",),
    "aws_s3_bucket_object_lock_configuration": ("rule",),
    "aws_backup_vault_lock_configuration": ("min_retention_days", "max_retention_days"),
}
LOCKS: Mapping[str, str] = {  # what is made once and for all
    "aws_backup_vault_lock_configuration": "a lock of a vault cannot be taken off once it holds",
    "aws_glacier_vault_lock": "a lock of a vault cannot be taken off once it holds",
    "aws_s3_bucket_object_lock_configuration": "an object lock cannot be taken off",
}
# fmt: on
_CAN = Back(Ease.YES, "it can be destroyed again")


def of(change: Change, loss: Loss | None) -> Back | None:
    """How the change is taken back; None where it changes nothing."""
    if change.action in (Action.NOOP, Action.READ):
        return None
    if change.action is Action.CREATE:
        lock = LOCKS.get(change.type)
        return Back(Ease.NO, lock) if lock else _CAN
    if change.action is Action.UPDATE:
        return _update(change)
    if change.action is Action.FORGET:
        return Back(Ease.YES, "it stays, and can be imported again")
    if loss:
        return _lost(change, loss)
    if gone := GONE.get(change.type):
        return Back(Ease.NO, gone)
    if change.action is Action.REPLACE:
        return Back(Ease.EFFORT, "a new one takes its place, with another id")
    return Back(Ease.EFFORT, NAMED.get(change.type, "it can be made again, with another id"))


def worst(found: Mapping[str, Back]) -> Ease:
    return max((back.ease for back in found.values()), key=ORDER.index, default=Ease.YES)


def _update(change: Change) -> Back:
    before, after = change.before or {}, change.after or {}
    if not tags_only(change):
        for name in ONE_WAY.get(change.type, ()):
            if before.get(name) != after.get(name):
                return Back(Ease.EFFORT, f"{name} does not go back in place")
    return Back(Ease.YES, "the old values can be applied again")


def _lost(change: Change, loss: Loss) -> Back:
    if loss.left:
        return Back(Ease.EFFORT, f"there is left: {loss.left}")
    if loss.sure is Sure.EMPTY:
        named = NAMED.get(change.type, "it can be made again, empty as it was")
        return Back(Ease.EFFORT, f"it must be empty to go; {named}")
    return Back(Ease.NO, "its data goes with it, and nothing is kept")

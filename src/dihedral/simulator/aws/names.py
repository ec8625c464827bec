"""What AWS calls things: how the id and the ARN of each type are written.

Shape   a template as `Maker.written` reads it: {region}, {account}, {hex16}, {upper20}, {uuid},
        {stamp}, or an attribute of the object.
Source  the AWS service authorization reference, for ARNs; the providers' import pages, for ids
"""

from collections.abc import Mapping
from types import MappingProxyType

# fmt: off
# EC2 and its kin: a word, "-0" and sixteen hex digits
PREFIX: Mapping[str, str] = MappingProxyType({
    "aws_ami": "ami", "aws_ami_copy": "ami", "aws_customer_gateway": "cgw",
    "aws_default_network_acl": "acl", "aws_default_route_table": "rtb",
    "aws_default_security_group": "sg", "aws_default_subnet": "subnet", "aws_default_vpc": "vpc",
    "aws_ebs_snapshot": "snap", "aws_ebs_volume": "vol", "aws_ec2_capacity_reservation": "cr",
    "aws_ec2_managed_prefix_list": "pl", "aws_ec2_transit_gateway": "tgw",
    "aws_ec2_transit_gateway_vpc_attachment": "tgw-attach", "aws_efs_access_point": "fsap",
    "aws_efs_file_system": "fs", "aws_efs_mount_target": "fsmt",
    "aws_egress_only_internet_gateway": "eigw", "aws_eip": "eipalloc", "aws_flow_log": "fl",
    "aws_fsx_lustre_file_system": "fs", "aws_instance": "i", "aws_internet_gateway": "igw",
    "aws_launch_template": "lt", "aws_nat_gateway": "nat", "aws_network_acl": "acl",
    "aws_network_acl_rule": "nacl", "aws_network_interface": "eni", "aws_route_table": "rtb",
    "aws_route_table_association": "rtbassoc", "aws_security_group": "sg",
    "aws_security_group_rule": "sgrule", "aws_spot_instance_request": "sir", "aws_subnet": "subnet",
    "aws_vpc": "vpc", "aws_vpc_dhcp_options": "dopt", "aws_vpc_endpoint": "vpce",
    "aws_vpc_ipv4_cidr_block_association": "vpc-cidr-assoc",
    "aws_vpc_peering_connection": "pcx", "aws_vpc_security_group_egress_rule": "sgr",
    "aws_vpc_security_group_ingress_rule": "sgr", "aws_vpn_connection": "vpn",
    "aws_vpn_gateway": "vgw",
})

# an attribute's own value, for the many types that are called by it
_NAMED: Mapping[str, str] = MappingProxyType({
    "arn": """acm_certificate bedrock_guardrail ecs_cluster ecs_service iam_openid_connect_provider
        iam_policy lb lb_listener lb_target_group secretsmanager_secret sfn_state_machine
        sns_topic sns_topic_subscription""",
    "bucket": """s3_bucket s3_bucket_acl s3_bucket_cors_configuration
        s3_bucket_lifecycle_configuration s3_bucket_logging s3_bucket_notification
        s3_bucket_ownership_controls s3_bucket_policy s3_bucket_public_access_block
        s3_bucket_server_side_encryption_configuration s3_bucket_versioning
        s3_bucket_website_configuration""",
    "name": """autoscaling_group cloudwatch_event_rule cloudwatch_log_group db_parameter_group
        db_subnet_group dynamodb_table ecr_repository eks_cluster elasticache_subnet_group
        iam_group iam_instance_profile iam_role iam_user kms_alias ssm_parameter""",
    "alarm_name": "cloudwatch_metric_alarm",
    "cluster_identifier": "rds_cluster",
    "family": "ecs_task_definition",
    "function_name": "lambda_function",
    "key_id": "kms_key",
    "key_name": "key_pair",
    "replication_group_id": "elasticache_replication_group",
    "repository": "ecr_lifecycle_policy ecr_repository_policy",
    "statement_id": "lambda_permission",
    "zone_id": "route53_zone",
})

_WRITTEN: Mapping[str, str] = MappingProxyType({
    "aws_cloudfront_distribution": "E{upper13}",
    "aws_cloudfront_origin_access_control": "E{upper13}",
    "aws_db_instance": "db-{upper26}",
    "aws_eks_addon": "{cluster_name}:{addon_name}",
    "aws_eks_node_group": "{cluster_name}:{node_group_name}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_iam_role_policy_attachment": "{role}-{stamp}",
    "aws_route": "r-{route_table_id}{hex10}",
    "aws_route53_record": "{zone_id}_{name}_{type}",
    "aws_s3_object": "{bucket}/{key}",
    "aws_secretsmanager_secret_version": "{secret_id}|{version_id}",
    "aws_sqs_queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
})

# what follows "arn:aws:"; {here} is the region and the account
_ARN: Mapping[str, str] = MappingProxyType({
    "aws_acm_certificate": "acm:{here}:certificate/{uuid}",
    "aws_autoscaling_group":
        "autoscaling:{here}:autoScalingGroup:{uuid}:autoScalingGroupName/{name}",
    "aws_cloudfront_distribution": "cloudfront::{account}:distribution/{id}",
    "aws_cloudwatch_event_rule": "events:{here}:rule/{name}",
    "aws_cloudwatch_log_group": "logs:{here}:log-group:{name}",
    "aws_cloudwatch_metric_alarm": "cloudwatch:{here}:alarm:{alarm_name}",
    "aws_db_instance": "rds:{here}:db:{identifier}",
    "aws_db_subnet_group": "rds:{here}:subgrp:{name}",
    "aws_dynamodb_table": "dynamodb:{here}:table/{name}",
    "aws_ebs_volume": "ec2:{here}:volume/{id}",
    "aws_ecr_repository": "ecr:{here}:repository/{name}",
    "aws_ecs_cluster": "ecs:{here}:cluster/{name}",
    "aws_ecs_service": "ecs:{here}:service/{name}",
    "aws_ecs_task_definition": "ecs:{here}:task-definition/{family}:{revision}",
    "aws_efs_file_system": "elasticfilesystem:{here}:file-system/{id}",
    "aws_eip": "ec2:{here}:elastic-ip/{id}",
    "aws_eks_addon": "eks:{here}:addon/{cluster_name}/{addon_name}/{uuid}",
    "aws_eks_cluster": "eks:{here}:cluster/{name}",
    "aws_eks_node_group": "eks:{here}:nodegroup/{cluster_name}/{node_group_name}/{uuid}",
    "aws_elasticache_replication_group":
        "elasticache:{here}:replicationgroup:{replication_group_id}",
    "aws_iam_group": "iam::{account}:group{path}{name}",
    "aws_iam_instance_profile": "iam::{account}:instance-profile{path}{name}",
    "aws_iam_openid_connect_provider": "iam::{account}:oidc-provider/{url}",
    "aws_iam_policy": "iam::{account}:policy{path}{name}",
    "aws_iam_role": "iam::{account}:role{path}{name}",
    "aws_iam_user": "iam::{account}:user{path}{name}",
    "aws_instance": "ec2:{here}:instance/{id}",
    "aws_internet_gateway": "ec2:{here}:internet-gateway/{id}",
    "aws_kms_alias": "kms:{here}:{name}",
    "aws_kms_key": "kms:{here}:key/{key_id}",
    "aws_lambda_function": "lambda:{here}:function:{function_name}",
    "aws_launch_template": "ec2:{here}:launch-template/{id}",
    "aws_lb": "elasticloadbalancing:{here}:loadbalancer/app/{name}/{hex16}",
    "aws_lb_target_group": "elasticloadbalancing:{here}:targetgroup/{name}/{hex16}",
    "aws_network_interface": "ec2:{here}:network-interface/{id}",
    "aws_rds_cluster": "rds:{here}:cluster:{cluster_identifier}",
    "aws_route53_zone": "route53:::hostedzone/{zone_id}",
    "aws_route_table": "ec2:{here}:route-table/{id}",
    "aws_s3_bucket": "s3:::{bucket}",
    "aws_s3_object": "s3:::{bucket}/{key}",
    "aws_secretsmanager_secret": "secretsmanager:{here}:secret:{name}-{hex6}",
    "aws_security_group": "ec2:{here}:security-group/{id}",
    "aws_sfn_state_machine": "states:{here}:stateMachine:{name}",
    "aws_sns_topic": "sns:{here}:{name}",
    "aws_sqs_queue": "sqs:{here}:{name}",
    "aws_ssm_parameter": "ssm:{here}:parameter/{name}",
    "aws_subnet": "ec2:{here}:subnet/{id}",
    "aws_vpc": "ec2:{here}:vpc/{id}",
})

# a name that AWS, or the provider, completes from a prefix
PREFIXED: tuple[tuple[str, str], ...] = (
    ("name", "name_prefix"), ("bucket", "bucket_prefix"), ("identifier", "identifier_prefix"),
    ("cluster_identifier", "cluster_identifier_prefix"), ("key_name", "key_name_prefix"),
    ("node_group_name", "node_group_name_prefix"), ("statement_id", "statement_id_prefix"),
)

# the attributes besides `id` that an import id fills
IMPORTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    **{f"aws_{name}": ("bucket",) for name in _NAMED["bucket"].split()},
    **{f"aws_{name}": ("name",) for name in _NAMED["name"].split()},
    "aws_db_instance": ("identifier",),
    "aws_key_pair": ("key_name",),
    "aws_kms_key": ("key_id",),
    "aws_lambda_function": ("function_name",),
    "aws_rds_cluster": ("cluster_identifier",),
    "aws_route53_zone": ("zone_id",),
})

# what the provider computes again when anything else of the type changes
RECOMPUTED: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "aws_lambda_function": ("last_modified", "qualified_arn", "qualified_invoke_arn", "version"),
    "aws_launch_template": ("latest_version",),
    "aws_s3_object": ("version_id",),
})
# fmt: on


def id_template(kind: str) -> str | None:
    """How the id of a type is written; None when nobody wrote it down."""
    if kind in PREFIX:
        return PREFIX[kind] + "-0{hex16}"
    if kind in _WRITTEN:
        return _WRITTEN[kind]
    short = kind.removeprefix("aws_")
    return next(("{" + a + "}" for a, names in _NAMED.items() if short in names.split()), None)


# the things that are named after another
_UNDER: Mapping[str, str] = MappingProxyType(
    {
        "aws_lb_listener": "{load_balancer_arn}/{hex16}",
        "aws_sns_topic_subscription": "{topic_arn}:{uuid}",
    }
)


def arn_template(kind: str) -> str | None:
    """How the ARN of a type is written; None when nobody wrote it down."""
    if kind in _ARN:
        return "arn:aws:" + _ARN[kind].replace("{here}", "{region}:{account}")
    return _UNDER.get(kind)

"""A large plan that was never planned: `python -m bench.plans [--resources 10000] > plan.json`.

Shape   what Terraform 1.11 would write for a company with forty teams, a module each: 24 types of
        resources with their attributes, configuration, the state before, planned values, drift and
        secrets. A third stays, a third is new, the rest is updated, replaced or deleted. The same
        number always gives the same bytes.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
TEAMS = 40
PROVIDER = "registry.terraform.io/hashicorp/aws"
# which twentieth of the resources does what
ACTIONS = (
    *(["no-op"],) * 7,
    *(["create"],) * 6,
    *(["update"],) * 5,
    ["delete", "create"],
    ["delete"],
)

_ARN = "arn:aws:{}:eu-central-1:123456789012:{}"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ec2.amazonaws.com"},
        }
    ],
}
_READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::@team-data-@n", "arn:aws:s3:::@team-data-@n/*"],
        }
    ],
}
_TASK = [
    {
        "name": "app",
        "image": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/@team:1.@n",
        "cpu": 256,
        "memory": 512,
        "environment": [
            {"name": "REGION", "value": "eu-central-1"},
            {"name": "DB_PASSWORD", "value": "pw-@team-@n-Zx9"},
        ],
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
    }
]
_USER_DATA = "#!/bin/bash\nset -eu\nexport TEAM=@team\nyum install -y app-@n\nsystemctl start app\n"
_RULE = {"protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"], "description": "", "self": False}

# fmt: off
TYPES: Mapping[str, Json] = {
    "aws_instance": {
        "ami": "ami-0c55b159cbfafe1f0", "instance_type": "m7i.large", "subnet_id": "subnet-@n",
        "associate_public_ip_address": False, "ebs_optimized": True, "monitoring": True,
        "vpc_security_group_ids": ["sg-@n", "sg-base"], "user_data": _USER_DATA,
        "root_block_device": [{"volume_size": 50, "volume_type": "gp3", "encrypted": True}],
        "metadata_options": [{"http_tokens": "required", "http_endpoint": "enabled"}],
        "iam_instance_profile": "@team-app", "key_name": None, "tenancy": "default",
    },
    "aws_ebs_volume": {
        "availability_zone": "eu-central-1a", "size": 200, "type": "gp3", "iops": 3000,
        "encrypted": True, "kms_key_id": _ARN.format("kms", "key/@n"), "throughput": 125,
    },
    "aws_security_group": {
        "name": "@team-@n", "description": "of @team", "vpc_id": "vpc-@team",
        "ingress": [_RULE | {"from_port": 443, "to_port": 443},
                    _RULE | {"from_port": 8080, "to_port": 8080}],
        "egress": [_RULE | {"from_port": 0, "to_port": 0, "protocol": "-1"}],
        "revoke_rules_on_delete": False,
    },
    "aws_security_group_rule": {
        "type": "ingress", "from_port": 5432, "to_port": 5432, "protocol": "tcp",
        "cidr_blocks": ["10.@k.0.0/16"], "security_group_id": "sg-@n", "self": False,
    },
    "aws_subnet": {
        "vpc_id": "vpc-@team", "cidr_block": "10.@k.0.0/20", "map_public_ip_on_launch": False,
        "availability_zone": "eu-central-1b", "assign_ipv6_address_on_creation": False,
    },
    "aws_route_table": {
        "vpc_id": "vpc-@team",
        "route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-@team", "gateway_id": ""}],
    },
    "aws_s3_bucket": {
        "bucket": "@team-data-@n", "force_destroy": False, "object_lock_enabled": False,
        "arn": "arn:aws:s3:::@team-data-@n", "hosted_zone_id": "Z21DNDUVLTQW6Q",
    },
    "aws_s3_bucket_public_access_block": {
        "bucket": "@team-data-@n", "block_public_acls": True, "block_public_policy": True,
        "ignore_public_acls": True, "restrict_public_buckets": True,
    },
    "aws_s3_bucket_policy": {"bucket": "@team-data-@n", "policy": _READ},
    "aws_db_instance": {
        "identifier": "@team-@n", "engine": "postgres", "engine_version": "16.4",
        "instance_class": "db.r6g.large", "allocated_storage": 200, "storage_type": "gp3",
        "multi_az": True, "storage_encrypted": True, "username": "app_@team",
        "password": "master-@n-Qw7", "publicly_accessible": False, "deletion_protection": True,
        "backup_retention_period": 14, "db_subnet_group_name": "@team",
        "vpc_security_group_ids": ["sg-@n"], "parameter_group_name": "default.postgres16",
    },
    "aws_iam_role": {
        "name": "@team-@n", "assume_role_policy": _TRUST, "path": "/", "description": "",
        "max_session_duration": 3600, "force_detach_policies": False,
    },
    "aws_iam_policy": {"name": "@team-@n", "path": "/", "policy": _READ},
    "aws_iam_role_policy_attachment": {
        "role": "@team-@n", "policy_arn": _ARN.format("iam", "policy/@team-@n"),
    },
    "aws_lambda_function": {
        "function_name": "@team-@n", "runtime": "python3.12", "handler": "app.handler",
        "memory_size": 512, "timeout": 30, "architectures": ["arm64"],
        "role": _ARN.format("iam", "role/@team-@n"), "package_type": "Zip",
        "environment": [{"variables": {"TEAM": "@team", "API_TOKEN": "tok-@n-Lm3"}}],
        "tracing_config": [{"mode": "Active"}], "ephemeral_storage": [{"size": 512}],
    },
    "aws_cloudwatch_log_group": {
        "name": "/aws/lambda/@team-@n", "retention_in_days": 30, "log_group_class": "STANDARD",
    },
    "aws_cloudwatch_metric_alarm": {
        "alarm_name": "@team-@n", "comparison_operator": "GreaterThanThreshold", "period": 60,
        "evaluation_periods": 3, "metric_name": "CPUUtilization", "namespace": "AWS/EC2",
        "statistic": "Average", "threshold": 80, "dimensions": {"InstanceId": "i-@n"},
        "alarm_actions": [_ARN.format("sns", "@team")],
    },
    "aws_sqs_queue": {
        "name": "@team-@n", "visibility_timeout_seconds": 30, "fifo_queue": False,
        "message_retention_seconds": 345600, "sqs_managed_sse_enabled": True,
    },
    "aws_sns_topic": {"name": "@team-@n", "kms_master_key_id": "alias/aws/sns"},
    "aws_dynamodb_table": {
        "name": "@team-@n", "billing_mode": "PAY_PER_REQUEST", "hash_key": "id",
        "attribute": [{"name": "id", "type": "S"}], "table_class": "STANDARD",
        "point_in_time_recovery": [{"enabled": True}],
    },
    "aws_ecs_service": {
        "name": "@team-@n", "cluster": _ARN.format("ecs", "cluster/@team"), "desired_count": 3,
        "launch_type": "FARGATE", "task_definition": "@team:@n",
        "network_configuration": [{"subnets": ["subnet-@n"], "assign_public_ip": False}],
    },
    "aws_ecs_task_definition": {
        "family": "@team-@n", "cpu": "256", "memory": "512", "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"], "container_definitions": _TASK,
    },
    "aws_lb": {
        "name": "@team-@n", "internal": True, "load_balancer_type": "application",
        "subnets": ["subnet-@n", "subnet-b@n"], "enable_deletion_protection": True,
    },
    "aws_kms_key": {
        "description": "of @team", "enable_key_rotation": True, "deletion_window_in_days": 30,
        "key_usage": "ENCRYPT_DECRYPT", "multi_region": False,
    },
    "aws_secretsmanager_secret_version": {
        "secret_id": _ARN.format("secretsmanager", "secret:@team-@n"),
        "secret_string": "s3cr3t-@team-@n-Vb5", "version_stages": ["AWSCURRENT"],
    },
}
SENSITIVE: Mapping[str, tuple[str, ...]] = {
    "aws_db_instance": ("password",), "aws_secretsmanager_secret_version": ("secret_string",),
}
DOCUMENTS = ("policy", "assume_role_policy", "container_definitions")  # JSON in a text
FORCES = {"aws_instance": "ami", "aws_subnet": "cidr_block", "aws_ebs_volume": "availability_zone"}
NEEDS = {  # what a type refers to, in its own module
    "aws_instance": ("aws_subnet", "aws_security_group", "aws_iam_role"),
    "aws_security_group_rule": ("aws_security_group",), "aws_s3_bucket_policy": ("aws_s3_bucket",),
    "aws_s3_bucket_public_access_block": ("aws_s3_bucket",), "aws_lb": ("aws_subnet",),
    "aws_db_instance": ("aws_subnet", "aws_security_group", "aws_kms_key"),
    "aws_iam_role_policy_attachment": ("aws_iam_role", "aws_iam_policy"),
    "aws_lambda_function": ("aws_iam_role", "aws_cloudwatch_log_group", "aws_sqs_queue"),
    "aws_ecs_service": ("aws_ecs_task_definition", "aws_lb"), "aws_route_table": ("aws_subnet",),
    "aws_cloudwatch_metric_alarm": ("aws_instance", "aws_sns_topic"),
}
# fmt: on


def made(resources: int = 10_000) -> bytes:
    """The plan's JSON."""
    changes = list(_changes(resources))
    before = [c for c in changes if c["change"]["before"] is not None]
    after = [c for c in changes if c["change"]["after"] is not None]
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"region": {"value": "eu-central-1"}, "root_key": {"value": "rk-77-Tt4-zz"}},
        "planned_values": {"root_module": {"child_modules": _values(after, "after")}},
        "resource_drift": [_drifted(c) for c in before[::200]],
        "resource_changes": changes,
        "output_changes": {"total": {"actions": ["update"], "before": 1, "after": resources}},
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": "1.11.4",
            "values": {"root_module": {"child_modules": _values(before, "before")}},
        },
        "configuration": _configuration(),
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _changes(resources: int) -> Iterator[Json]:
    kinds = {kind: json.dumps(_packed(values)) for kind, values in TYPES.items()}
    for at in range(resources):
        kind = tuple(TYPES)[at % len(TYPES)]
        turn = at // len(TYPES)
        team, number = f"team{turn % TEAMS:02}", turn // TEAMS
        text = kinds[kind].replace("@team", team)
        text = text.replace("@n", f"{at:05}").replace("@k", str(at % 250))
        values = json.loads(text) | {"tags": {"team": team, "stage": "live", "owner": "platform"}}
        yield _change(kind, team, number, ACTIONS[(turn * 7 + at) % len(ACTIONS)], values)


def _packed(values: Json) -> Json:
    return {k: json.dumps(v) if k in DOCUMENTS else v for k, v in values.items()}


def _change(kind: str, team: str, number: int, actions: list[str], values: Json) -> Json:
    marks: Json = {name: True for name in SENSITIVE.get(kind, ())} | {"tags": {}}
    new = actions == ["create"]
    held = None if new else {**values, "id": f"{kind}-{team}-{number}"}
    after: Json | None = {**values} if new else {**(held or {})}
    change: Json = {"actions": actions, "before": held}
    unknown: Json = {"id": True, "arn": True, "tags_all": True} if new else {}
    if actions == ["update"] and after is not None:
        after["tags"] = {**values["tags"], "stage": "next"}
        after |= {"description": "moved"} if number % 2 else {}
    if len(actions) == 2 and after is not None:
        forced = FORCES.get(kind, next(iter(values)))
        after, unknown = {**after, forced: "another"}, {"id": True}
        after.pop("id")
        change["replace_paths"] = [[forced]]
    change |= {
        "after": None if actions == ["delete"] else after,
        "after_unknown": unknown,
        "before_sensitive": False if new else marks,
        "after_sensitive": False if actions == ["delete"] else marks,
    }
    module = f'module.team["{team}"]'
    reason = {"delete": "delete_because_no_resource_config"}.get(actions[-1], "")
    reason = "replace_because_cannot_update" if len(actions) == 2 else reason
    return {
        "address": f"{module}.{kind}.main[{number}]",
        "module_address": module,
        "mode": "managed",
        "type": kind,
        "name": "main",
        "index": number,
        "provider_name": PROVIDER,
        "change": change,
    } | ({"action_reason": reason} if reason else {})


def _values(changes: list[Json], side: str) -> list[Json]:
    modules: dict[str, list[Json]] = {}
    for one in changes:
        shown = {k: v for k, v in one.items() if k not in ("change", "module_address")}
        shown |= {
            "schema_version": 1,
            "values": one["change"][side],
            "sensitive_values": one["change"][f"{side}_sensitive"],
        }
        if side == "before":
            path = one["module_address"]
            shown["depends_on"] = [f"{path}.{need}.main" for need in NEEDS.get(one["type"], ())]
        modules.setdefault(one["module_address"], []).append(shown)
    return [{"address": path, "resources": those} for path, those in modules.items()]


def _drifted(change: Json) -> Json:
    was = change["change"]["before"]
    delta = {
        "actions": ["update"],
        "before": was,
        "after": {**was, "tags": {"team": "somebody"}},
        "after_unknown": {},
        "before_sensitive": change["change"]["before_sensitive"],
        "after_sensitive": change["change"]["before_sensitive"],
    }
    return {k: v for k, v in change.items() if k != "action_reason"} | {"change": delta}


def _configuration() -> Json:
    inside = [
        {
            "address": f"{kind}.main",
            "mode": "managed",
            "type": kind,
            "name": "main",
            "provider_config_key": "aws",
            "schema_version": 1,
            "count_expression": {"references": ["var.how_many"]},
            "expressions": {
                **{name: {"references": ["var.settings"]} for name in values},
                **{need: {"references": [f"{need}.main[0].id", f"{need}.main[0]", f"{need}.main"]}
                   for need in NEEDS.get(kind, ())},
            },
        }
        for kind, values in TYPES.items()
    ]  # fmt: skip
    call = {
        "source": "./team",
        "for_each_expression": {"references": ["var.teams"]},
        "expressions": {"settings": {"references": ["each.value"]}},
        "module": {
            "resources": inside,
            "variables": {"settings": {}, "how_many": {"default": 10}},
        },
    }
    region = {"region": {"references": ["var.region"]}}
    aws = {"name": "aws", "full_name": PROVIDER, "expressions": region}
    variables = {"region": {}, "teams": {}, "root_key": {"sensitive": True}}
    return {
        "provider_config": {"aws": aws},
        "root_module": {"module_calls": {"team": call}, "variables": variables},
    }


def main(words: list[str]) -> int:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m bench.plans", description=about)
    parser.add_argument("--resources", type=int, default=10_000)
    sys.stdout.buffer.write(made(parser.parse_args(words).resources))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Attributes of AWS types whose value means something: what it is, from the object around it."""

from typing import Any

from dihedral.simulator.cty import Object
from dihedral.simulator.fill import Special
from dihedral.simulator.seed import Maker

PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "aurora-postgresql": 5432}
NO_CERTIFICATE = (  # a certificate in form, "simulated" inside
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCnNpbXVsYXRlZAotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
)


def domains(thing: Object) -> list[str]:
    """The names that a certificate is for, its main one first."""
    more = thing.get("subject_alternative_names")
    listed = more if isinstance(more, list) else []
    names = [thing.get("domain_name"), *listed]
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def validations(maker: Maker, thing: Object) -> list[Object]:
    """The DNS records that prove a certificate's names."""
    return [
        {
            "domain_name": name,
            "resource_record_name": f"_{maker.seed.hex(32, name)}.{name.removeprefix('*.')}.",
            "resource_record_type": "CNAME",
            "resource_record_value": f"_{maker.seed.hex(32, name + '=')}.acm-validations.aws.",
        }
        for name in domains(thing)
    ]


def database_port(maker: Maker, thing: Object) -> int:
    port = thing.get("port")
    return port if isinstance(port, int) else PORTS.get(str(thing.get("engine")), 5432)


def database_host(maker: Maker, thing: Object) -> str:
    return f"{thing['identifier']}.{maker.seed.hex(12)}.{maker.region}.rds.amazonaws.com"


def ipv6(maker: Maker, thing: Object) -> str:
    """A VPC has an IPv6 range when it asks for one; from the range kept for documentation."""
    if thing.get("assign_generated_ipv6_cidr_block") or thing.get("ipv6_ipam_pool_id"):
        return f"2001:db8:{maker.seed.number(1, 99)}00:{maker.seed.number(1, 99, 'v')}00::/56"
    return ""


def key_policy(maker: Maker, thing: Object) -> str:
    return (
        '{"Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::'
        f'{maker.account}:root"}},"Resource":"*","Sid":"Enable IAM User Permissions"}}],'
        '"Version":"2012-10-17"}'
    )


def _load_balancer(maker: Maker, thing: Object) -> str:
    inside = "internal-" if thing.get("internal") is True else ""
    name = f"{inside}{thing['name']}-{maker.seed.number(10**8, 10**9)}"
    return f"{name}.{maker.region}.elb.amazonaws.com"


def _issuer(maker: Maker, thing: Object) -> list[Object]:
    host = f"https://oidc.eks.{maker.region}.amazonaws.com/id/{maker.seed.upper(32)}"
    return [{"oidc": [{"issuer": host}]}]


def _groups(maker: Maker, thing: Object) -> list[Object]:
    group = {"name": f"eks-{thing['node_group_name']}-{maker.seed.uuid('group')}"}
    return [{"autoscaling_groups": [group], "remote_access_security_group_id": ""}]


def _servers(maker: Maker, thing: Object) -> list[str]:
    number = maker.seed.number
    return [
        f"ns-{number(512 * place, 512 * place + 511)}.awsdns-{number(0, 63, ending):02d}.{ending}"
        for place, ending in enumerate(("com", "net", "org", "co.uk"))
    ]


def _invoke(maker: Maker, thing: Object) -> str:
    start = f"arn:aws:apigateway:{maker.region}:lambda:path/2015-03-31/functions"
    return f"{start}/{thing['arn']}/invocations"


def _repository(maker: Maker, thing: Object) -> str:
    return f"{maker.account}.dkr.ecr.{maker.region}.amazonaws.com/{thing['name']}"


def _cluster(maker: Maker, thing: Object) -> str:
    return f"https://{maker.seed.upper(32)}.gr7.{maker.region}.eks.amazonaws.com"


def _regional(maker: Maker, thing: Object) -> str:
    return f"{thing['bucket']}.s3.{maker.region}.amazonaws.com"


def _cdn(maker: Maker, thing: Object) -> str:
    return f"d{maker.seed.hex(13)}.cloudfront.net"


def _database(maker: Maker, thing: Object) -> str:
    return f"{database_host(maker, thing)}:{database_port(maker, thing)}"


def _interface(maker: Maker, thing: Object) -> str:
    return f"eni-0{maker.seed.hex(16, 'eni')}"


def _constant(value: Any) -> Any:
    return lambda maker, thing: value


# fmt: off
def special() -> Special:
    """The table, made when an AWS provider starts."""
    return {
        ("aws_acm_certificate", "domain_validation_options"): validations,
        ("aws_acm_certificate", "subject_alternative_names"): lambda m, o: domains(o),
        ("aws_autoscaling_group", "vpc_zone_identifier"): _constant([]),
        ("aws_cloudfront_distribution", "domain_name"): _cdn,
        ("aws_cloudfront_distribution", "hosted_zone_id"): _constant("Z2FDTNDATAQYW2"),
        ("aws_cloudwatch_log_group", "log_group_class"): _constant("STANDARD"),
        ("aws_db_instance", "address"): database_host,
        ("aws_db_instance", "endpoint"): _database,
        ("aws_db_instance", "port"): database_port,
        ("aws_db_instance", "resource_id"): lambda m, o: o["id"],
        ("aws_ecr_repository", "registry_id"): lambda m, o: m.account,
        ("aws_ecr_repository", "repository_url"): _repository,
        ("aws_ecs_task_definition", "revision"): _constant(1),
        ("aws_eks_cluster", "certificate_authority"): _constant([{"data": NO_CERTIFICATE}]),
        ("aws_eks_cluster", "endpoint"): _cluster,
        ("aws_eks_cluster", "identity"): _issuer,
        ("aws_eks_cluster", "status"): _constant("ACTIVE"),
        ("aws_eks_cluster", "version"): _constant("1.33"),
        ("aws_eks_node_group", "resources"): _groups,
        ("aws_iam_openid_connect_provider", "thumbprint_list"): lambda m, o: [m.seed.hex(40)],
        ("aws_iam_policy", "policy_id"): lambda m, o: "ANPA" + m.seed.upper(17),
        ("aws_iam_role", "unique_id"): lambda m, o: "AROA" + m.seed.upper(17),
        ("aws_iam_user", "unique_id"): lambda m, o: "AIDA" + m.seed.upper(17),
        ("aws_instance", "instance_state"): _constant("running"),
        ("aws_instance", "primary_network_interface_id"): _interface,
        ("aws_kms_key", "policy"): key_policy,
        ("aws_lambda_function", "architectures"): _constant(["x86_64"]),
        ("aws_lambda_function", "invoke_arn"): _invoke,
        ("aws_lambda_function", "qualified_arn"): lambda m, o: f"{o['arn']}:$LATEST",
        ("aws_lambda_function", "version"): _constant("$LATEST"),
        ("aws_launch_template", "default_version"): _constant(1),
        ("aws_launch_template", "latest_version"): _constant(1),
        ("aws_lb", "dns_name"): _load_balancer,
        ("aws_route53_zone", "name_servers"): _servers,
        ("aws_s3_bucket", "bucket_domain_name"): lambda m, o: f"{o['bucket']}.s3.amazonaws.com",
        ("aws_s3_bucket", "bucket_region"): lambda m, o: m.region,
        ("aws_s3_bucket", "bucket_regional_domain_name"): _regional,
        ("aws_s3_bucket", "hosted_zone_id"): _constant("Z3AQBSTGFYJSTF"),
        ("aws_sqs_queue", "url"): lambda m, o: o["id"],
        ("aws_ssm_parameter", "version"): _constant(1),
        ("aws_subnet", "availability_zone"): lambda m, o: m.region + "abc"[m.seed.number(0, 2)],
        ("aws_subnet", "availability_zone_id"): _constant("use1-az1"),
        ("aws_vpc", "default_security_group_id"): lambda m, o: f"sg-0{m.seed.hex(16, 'sg')}",
        ("aws_vpc", "instance_tenancy"): _constant("default"),
        ("aws_vpc", "ipv6_cidr_block"): ipv6,
        ("aws_vpc", "main_route_table_id"): lambda m, o: f"rtb-0{m.seed.hex(16, 'rtb')}",
        ("aws_vpc_ipam_pool_cidr", "cidr"): _constant("10.0.0.0/16"),
        ("aws_vpc_ipam_preview_next_cidr", "cidr"): _constant("10.0.0.0/16"),
    }
# fmt: on

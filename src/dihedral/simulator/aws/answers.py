"""AWS data sources whose answer must mean something, or modules built on them fall over."""

import json
from collections.abc import Callable, Iterable, Mapping

from dihedral.simulator.aws import policy
from dihedral.simulator.aws.names import id_template
from dihedral.simulator.cty import Object
from dihedral.simulator.dialect import Question, Refused

# the zones that exist in a region; where nobody wrote them down, a to c
ZONES = {
    "us-east-1": "abcdef",
    "us-west-1": "ac",
    "us-west-2": "abcd",
    "ap-northeast-1": "acd",
    "ca-central-1": "abd",
}
PLURAL = {
    "aws_ebs_volumes": "aws_ebs_volume",
    "aws_eips": "aws_eip",
    "aws_instances": "aws_instance",
    "aws_nat_gateways": "aws_nat_gateway",
    "aws_network_interfaces": "aws_network_interface",
    "aws_route_tables": "aws_route_table",
    "aws_security_groups": "aws_security_group",
    "aws_subnets": "aws_subnet",
    "aws_vpcs": "aws_vpc",
}
# an argument of a data source that the resource calls by another name
RENAMED = {
    "aws_db_instance": {"db_instance_identifier": "identifier"},
    "aws_rds_cluster": {"cluster_identifier": "cluster_identifier"},
    "aws_kms_key": {"key_id": "key_id"},
}
GPU = ("p3", "p4d", "p4de", "p5", "g4dn", "g5", "g6", "g6e")


def answer(question: Question) -> Object:
    """What is known of the answer; the rest is filled. Raises Refused."""
    name = question.kind.name
    if name in ANSWERS:
        return ANSWERS[name](question)
    if name in PLURAL:
        return _many(question, PLURAL[name])
    renamed = RENAMED.get(name, {})
    asked = {renamed.get(k, k): v for k, v in question.asked.items()}
    found = next(question.world.found(name, asked), None)
    return _fabricated(question) if found is None else found


def _fabricated(question: Question) -> Object:
    """Something that nobody made here: named as its type is named, from what was asked."""
    out: Object = {}
    template = id_template(question.kind.name)
    given = question.asked.get("id")
    if template and not given and not template.startswith("{arn"):
        out["id"] = question.maker.written(template, question.asked)
    return out


def _policy_document(q: Question) -> Object:
    try:
        text = policy.indented(q.asked)
        short = policy.minified(q.asked)
    except policy.BadDocument as cause:
        raise Refused(str(cause)) from cause
    statements = [
        {**one, "effect": one.get("effect") or "Allow"} for one in q.asked.get("statement") or []
    ]
    return {
        "json": text,
        "minified_json": short,
        "id": str(q.maker.seed.number(10**8, 2**32)),
        "version": q.asked.get("version") or policy.VERSION,
        "statement": statements,
    }


def _caller(q: Question) -> Object:
    account = q.setting.account
    return {
        "account_id": account,
        "id": account,
        "arn": f"arn:aws:iam::{account}:user/simulated",
        "user_id": "AIDA" + q.maker.seed.upper(17),
    }


def _region(q: Question) -> Object:
    asked = (q.asked.get("region"), q.asked.get("name"), q.setting.region)
    name = next(one for one in asked if isinstance(one, str) and one)
    return {
        "name": name,
        "id": name,
        "region": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "description": name,
    }


def _partition(q: Question) -> Object:
    return {
        "partition": "aws",
        "id": "aws",
        "dns_suffix": "amazonaws.com",
        "reverse_dns_prefix": "com.amazonaws",
    }


def _zones(q: Question) -> Object:
    region = q.maker.region
    left_out = q.asked.get("exclude_names") or []
    names = [region + letter for letter in ZONES.get(region, "abc")]
    names = [name for name in names if name not in left_out]
    area, place, number = [*region.split("-"), "", ""][:3]
    start = f"{area}{place[:1]}{number}-az"
    return {
        "names": names,
        "zone_ids": [f"{start}{i}" for i in range(1, len(names) + 1)],
        "group_names": [region],
        "id": region,
    }


def _filter(q: Question, name: str, otherwise: str) -> str:
    for one in q.asked.get("filter") or []:
        if one.get("name") == name and one.get("values"):
            return str(one["values"][0])
    return otherwise


def _image(q: Question) -> Object:
    image = f"ami-0{q.maker.seed.hex(16)}"
    owner = next(iter(q.asked.get("owners") or []), "amazon")
    return {
        "id": image,
        "image_id": image,
        "name": _filter(q, "name", q.asked.get("name_regex") or "simulated").replace("*", "sim"),
        "architecture": _filter(q, "architecture", "x86_64"),
        "arn": f"arn:aws:ec2:{q.maker.region}::image/{image}",
        "owner_id": owner if owner.isdigit() else "137112412989",
        "root_device_name": "/dev/xvda",
        "root_device_type": "ebs",
        "virtualization_type": "hvm",
        "state": "available",
        "image_type": "machine",
        "creation_date": "2025-01-01T00:00:00.000Z",
        "public": True,
        "ena_support": True,
        "block_device_mappings": [],
    }


def _arn(q: Question) -> Object:
    parts = str(q.asked.get("arn")).split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise Refused(f"parsing ARN ({q.asked.get('arn')}): it has the form arn:a:b:c:d:e")
    names = ("partition", "service", "region", "account", "resource")
    return {**dict(zip(names, parts[1:], strict=True)), "id": q.asked["arn"]}


def _service_principal(q: Question) -> Object:
    name = f"{q.asked['service_name']}.amazonaws.com"
    return {
        "name": name,
        "suffix": "amazonaws.com",
        "region": q.maker.region,
        "id": f"{q.asked['service_name']}.{q.maker.region}.amazonaws.com",
    }


def _parameter(q: Question) -> Object:
    name = str(q.asked["name"])
    found = next(q.world.found("aws_ssm_parameter", {"name": name}), None)
    if found is not None:
        return found
    image = f"ami-0{q.maker.seed.hex(16)}"
    value = image if "ami" in name or "image_id" in name else "simulated"
    if name.endswith("/recommended"):
        value = json.dumps({"image_id": image, "image_name": "simulated", "schema_version": 1})
    return {
        "value": value,
        "insecure_value": value,
        "type": "String",
        "version": 1,
        "id": name,
        "arn": f"arn:aws:ssm:{q.maker.region}:{q.setting.account}:parameter/{name.lstrip('/')}",
    }


def _managed_policy(q: Question) -> Object:
    found = next(q.world.found("aws_iam_policy", q.asked), None)
    if found is not None:
        return found
    arn, name = q.asked.get("arn"), q.asked.get("name")
    last = name or str(arn or "simulated").rpartition("/")[2]
    arn = arn or f"arn:aws:iam::aws:policy/{last}"
    return {"arn": arn, "name": last, "id": arn}


def _zone(q: Question) -> Object:
    found = next(q.world.found("aws_route53_zone", q.asked), None)
    zone = q.asked.get("zone_id") or "Z" + q.maker.seed.upper(20)
    return found or {"zone_id": zone, "id": zone}


def _instance_type(q: Question) -> Object:
    name = str(q.asked["instance_type"])
    gpu = {"count": 1, "manufacturer": "NVIDIA", "memory_size": 24576, "name": "A10G"}
    return {
        "id": name,
        "default_vcpus": 4,
        "memory_size": 16384,
        "supported_architectures": ["arm64" if "g." in name and name[0] in "cmrt" else "x86_64"],
        "gpus": [gpu] if name.partition(".")[0] in GPU else [],
    }


def _named(kind: str, arn: str) -> Callable[[Question], Object]:
    """A thing that is called by its name: from the world, or as it would be written."""

    def find(q: Question) -> Object:
        found = next(q.world.found(kind, q.asked), None)
        name = q.asked.get("name") or q.asked.get("bucket")
        return found or {"arn": q.maker.written(arn, {"name": name, "path": "/"}), "id": name}

    return find


def _many(question: Question, kind: str) -> Object:
    """The ids of all that fit; three that nobody made here, where this run has seen none."""
    asked = {k: question.asked.get(k) for k in ("tags", "filter")}
    asked["filter"] = [_attribute(one) for one in asked["filter"] or []]
    ids = [str(one.get("id")) for one in question.world.found(kind, asked)]
    return {
        "ids": sorted(ids) or list(_made(question, kind)),
        "id": question.maker.region,
    }


def _attribute(one: Object) -> Object:
    """EC2 filters by its own words, of which most are the attribute's name with dashes."""
    return {**one, "name": str(one.get("name")).removeprefix("attachment.")}


def _made(question: Question, kind: str) -> Iterable[str]:
    word = str(id_template(kind)).partition("{")[0]
    return (word + question.maker.seed.hex(16, str(place)) for place in range(3))


ANSWERS: Mapping[str, Callable[[Question], Object]] = {
    "aws_ami": _image,
    "aws_arn": _arn,
    "aws_availability_zones": _zones,
    "aws_caller_identity": _caller,
    "aws_default_tags": lambda q: {"tags": q.setting.tags, "id": "aws"},
    "aws_ec2_instance_type": _instance_type,
    "aws_eks_cluster_auth": lambda q: {"token": "k8s-aws-v1.simulated", "id": q.asked["name"]},
    "aws_iam_policy": _managed_policy,
    "aws_iam_policy_document": _policy_document,
    "aws_iam_role": _named("aws_iam_role", "arn:aws:iam::{account}:role/{name}"),
    "aws_partition": _partition,
    "aws_region": _region,
    "aws_route53_zone": _zone,
    "aws_s3_bucket": _named("aws_s3_bucket", "arn:aws:s3:::{name}"),
    "aws_service_principal": _service_principal,
    "aws_ssm_parameter": _parameter,
}

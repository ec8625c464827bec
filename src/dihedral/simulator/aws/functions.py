"""The functions that hashicorp/aws defines for Terraform's expressions."""

from collections.abc import Callable, Mapping

from dihedral.simulator.cty import Object, Value

PARTS = ("partition", "service", "region", "account_id", "resource")


def arn_parse(arn: str) -> Object:
    """Raises ValueError when it is no ARN."""
    start, *parts = arn.split(":", 5)
    if start != "arn" or len(parts) != len(PARTS):
        raise ValueError(f"{arn} is not an ARN: it has the form arn:a:b:c:d:e")
    return dict(zip(PARTS, parts, strict=True))


def arn_build(*parts: str) -> str:
    return ":".join(("arn", *parts))


def trim_iam_role_path(arn: str) -> str:
    """The ARN of a role without its path. Raises ValueError when it is no role's."""
    found = arn_parse(arn)
    kind, _, rest = found["resource"].partition("/")
    if found["service"] != "iam" or kind != "role":
        raise ValueError(f"{arn} is not the ARN of an IAM role")
    found["resource"] = f"role/{rest.rpartition('/')[2]}"
    return arn_build(*found.values())


def user_agent(name: str, version: str, comment: str) -> str:
    text = f"{name}/{version}" if version else name
    return f"{text} ({comment})" if comment else text


FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "arn_parse": arn_parse,
    "arn_build": arn_build,
    "trim_iam_role_path": trim_iam_role_path,
    "user_agent": user_agent,
}

"""Rights that a change hands out: administration, and what leads to it.

Source  docs.aws.amazon.com/service-authorization (actions); the ways from one right to more as
        Rhino Security Labs and Bishop Fox describe them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from dihedral.domain.change import Object
from dihedral.ops.rules import statements
from dihedral.ops.rules.opening import EVERYBODY, Opening
from dihedral.ops.rules.statements import Statement, listed

# fmt: off
# who may do such a thing to everything can give itself more than it has
ESCALATES = (
    "iam:passrole", "iam:createpolicyversion", "iam:setdefaultpolicyversion",
    "iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile",
    "iam:attachuserpolicy", "iam:attachgrouppolicy", "iam:attachrolepolicy",
    "iam:putuserpolicy", "iam:putgrouppolicy", "iam:putrolepolicy", "iam:addusertogroup",
    "iam:updateassumerolepolicy", "iam:createrole", "iam:createuser",
    "iam:deleterolepermissionsboundary", "iam:deleteuserpermissionsboundary",
    "iam:createopenidconnectprovider", "iam:createsamlprovider", "iam:updatesamlprovider",
    "sts:assumerole", "lambda:updatefunctioncode", "lambda:updatefunctionconfiguration",
    "lambda:addpermission", "ssm:sendcommand", "ssm:startsession", "ec2:modifyinstanceattribute",
    "ec2-instance-connect:sendsshpublickey", "cloudformation:createstack",
    "cloudformation:updatestack", "cloudformation:setstackpolicy", "glue:createdevendpoint",
    "glue:updatedevendpoint", "glue:updatejob", "datapipeline:putpipelinedefinition",
    "codebuild:updateproject", "codebuild:startbuild", "ecs:runtask", "ecs:registertaskdefinition",
    "sagemaker:createpresignednotebookinstanceurl", "kms:putkeypolicy", "kms:creategrant",
    "s3:putbucketpolicy", "secretsmanager:putresourcepolicy", "organizations:attachpolicy",
    "sso:createaccountassignment", "sso:putinlinepolicytopermissionset",
)
HARMLESS = ("logs:*", "cloudwatch:*", "xray:*", "ssmmessages:*", "ec2messages:*", "pricing:*")
ADMIN = ("iam:*", "organizations:*")
MANAGED: Mapping[str, str] = {  # AWS's own policies, by the end of their name
    "/AdministratorAccess": "admin", "/IAMFullAccess": "admin",
    "/AWSOrganizationsFullAccess": "admin", "/PowerUserAccess": "privilege",
    "/AWSLambda_FullAccess": "privilege", "/AmazonSSMFullAccess": "privilege",
    "/AWSCloudFormationFullAccess": "privilege", "/AmazonECS_FullAccess": "privilege",
    "/AdministratorAccess-Amplify": "admin", "/AdministratorAccess-AWSElasticBeanstalk": "admin",
}
KEYS: Mapping[str, str] = {  # what lets somebody in as soon as it exists
    "aws_iam_access_key": "a lasting key of user {user}",
    "aws_iam_user_login_profile": "a password for user {user}",
    "aws_iam_openid_connect_provider": "the way in for identities of {url}",
    "aws_iam_saml_provider": "the way in for identities of {name}",
    "aws_iam_service_specific_credential": "a lasting credential of user {user_name}",
    "google_service_account_key": "a lasting key of {service_account_id}",
    "azuread_application_password": "a lasting password of an application",
    "azuread_service_principal_password": "a lasting password of a service principal",
}
_ARNS = ("policy_arn", "managed_policy_arn", "managed_policy_arns")
# fmt: on
_ANY_ACCOUNT = re.compile(r"(arn:[^:]*:[^:]*:[^:]*:)[*?]+:")
_WILD = re.compile(r"[*?$]")
_GRANTS = ("google_project_iam_", "google_folder_iam_", "google_organization_iam_")


def of(kind: str, values: Object, policies: Sequence[tuple[str, Statement]]) -> Iterator[Opening]:
    """What one side of a change hands out."""
    for name in _ARNS:
        for arn in listed(values.get(name)):
            yield from _managed(arn)
    for name, said in policies:
        if name != statements.TRUST and not said.principals and said.allows:
            yield from _rights(said)
    if kind in KEYS:
        found = {name: values.get(name) or "(not known yet)" for name in _fields(KEYS[kind])}
        yield Opening(KEYS[kind].format(**found), "privilege")
    if kind.startswith(_GRANTS) and values.get("role") in ("roles/owner", "roles/editor"):
        tier = "admin" if values["role"] == "roles/owner" else "privilege"
        yield Opening(f"{values['role']} on a whole project or more", tier)
    if kind == "azurerm_role_assignment" and values.get("role_definition_name") in _AZURE:
        yield Opening(f"the role {values['role_definition_name']}", "admin")


_AZURE = ("Owner", "User Access Administrator", "Role Based Access Control Administrator")


def wide(resource: str) -> bool:
    """Whether a resource of a policy means all of its type, or more: no name stands before what
    may be anything."""
    head = _WILD.split(_ANY_ACCOUNT.sub(r"\1:", resource), maxsplit=1)[0]
    if head == _ANY_ACCOUNT.sub(r"\1:", resource):
        return False
    tail = head.rpartition(":")[2]
    if ":iam:" in resource:
        return "/" not in tail or tail.endswith("/")
    return not tail or tail.endswith("/") or head.count(":") < 5


def bounds(kind: str, before: Object, after: Object, but: Sequence[str]) -> Iterator[Opening]:
    """What held somebody back before, and does not any more."""
    if kind in ("aws_iam_role", "aws_iam_user"):
        old, kept = before.get("permissions_boundary"), after.get("permissions_boundary")
        if old and not kept:
            yield Opening("what a permissions boundary held back (it is taken away)", "privilege")
    forbade = {said.key for _, said in statements.of(before, but) if not said.allows}
    if forbade and (
        gone := forbade - {s.key for _, s in statements.of(after, but) if not s.allows}
    ):
        yield Opening(f"what {len(gone)} Deny of its policy forbade", "privilege")


def _rights(said: Statement) -> Iterator[Opening]:
    if not any(map(wide, said.resources)):
        return
    if said.spares:
        yield Opening("nearly every right (NotAction on everything)", "admin", to=EVERYBODY)
        return
    for action in said.actions:
        if not action.strip("*?:"):
            what = "every right on everything (action * on resource *)"
            yield Opening(what, "admin", to=EVERYBODY)
        elif action in ADMIN:
            yield Opening(f"every right over identities ({action})", "admin", to=action)
        elif action.endswith(":*") and "*" in said.resources:
            if action not in HARMLESS:
                yield Opening(f"every right of {action[:-2]} on everything", "privilege", to=action)
        elif leads := [way for way in ESCALATES if fnmatchcase(way, action)]:
            more = f" and {len(leads) - 1} more" if len(leads) > 1 else ""
            yield Opening(f"{leads[0]}{more} on everything", "privilege", to=action)


def _managed(arn: object) -> Iterator[Opening]:
    if isinstance(arn, str):
        for end, tier in MANAGED.items():
            if arn.endswith(end):
                what = "every right" if tier == "admin" else "wide rights"
                yield Opening(f"{what} to whom it is attached ({end[1:]})", tier)


def _fields(text: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", text)

"""What a workspace allows: its rules as a document, pins of versions, grants of what is outside."""

from typing import Any

import pytest

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import constraint, guard

# inner, outer, whether every version of the inner is one of the outer
RANGES = [
    ("~> 6.1", "~> 6.0", True),
    ("6.1.0", "~> 6.0", True),
    ("= 6.1.0", "6.1", True),
    (">= 6.0", "~> 6.0", False),
    ("~> 6", "~> 6.0", False),
    ("~> 6.0, != 6.3.0", "~> 6.0, != 6.3.0", True),
    ("~> 6.0", "~> 6.0, != 6.3.0", False),
    ("6.3.0", "~> 6.0, != 6.3.0", False),
    ("1.0.0-beta1", "~> 1.0", False),
    ("1.0.0-beta1", "1.0.0-beta1", True),
    ("~> 5.1.2", "~> 5.1", True),
    ("<= 6.0.0", "< 6.0.1", True),
    ("> 5.0, < 6", ">= 5.0, < 6.0", True),
]


@pytest.mark.parametrize(("inner", "outer", "inside"), RANGES)
def test_a_constraint_lies_within_another(inner: str, outer: str, inside: bool) -> None:
    one, other = constraint.parse(inner), constraint.parse(outer)
    assert one and other
    assert constraint.within(one, other) is inside


@pytest.mark.parametrize("text", ["latest", "~>", "1.2.3.4", "> 1.0-beta", "", "~> 1,", "1" * 600])
def test_what_is_no_constraint_is_none(text: str) -> None:
    assert constraint.parse(text) is None or text == ""


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"provider": {}}, "'provider'"),
    ({"root": "x"}, "'root'"),
    ({"providers": {"a/b": {"versions": "1"}}}, "versions"),
    ({"providers": {"a/b": {"version": "latest"}}}, "providers.a/b.version"),
    ({"providers": {"a/b": {"version": "~> 6"}}}, "no end"),
    ({"providers": ["a/b"]}, "providers"),
    ({"modules": [{"sources": "x"}]}, "modules[0]"),
    ({"modules": [{}]}, "modules[0]"),
    ({"remote_states": [{}]}, "remote_states[0]"),
    ({"remote_states": [{"workspace": "a", "backend": "s3"}]}, "remote_states[0]"),
    ({"remote_states": [{"workspace": "a", "where": {"key": "b"}}]}, "remote_states[0]"),
    ({"remote_states": [{"workspace": "net*"}]}, "one workspace"),
    ({"max_file": "big"}, "max_file"),
    ({"max_files": 0}, "max_files"),
    ({"data": {"http": "h.example"}}, "data"),
]


@pytest.mark.parametrize(("section", "word"), WRONG)
def test_a_wrong_section_is_refused_by_the_name_of_its_field(
    section: dict[str, Any], word: str
) -> None:
    with pytest.raises(Invalid) as caught:
        guard.rules_of(section)
    assert word in str(caught.value)


def _required(source: str, version: str) -> str:
    said = f'source = "{source}"' + (f', version = "{version}"' if version else "")
    return f"terraform {{\n  required_providers {{\n    aws = {{ {said} }}\n  }}\n}}\n"


LOCK = (
    'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{}"\n  hashes = ["{}"]\n}}\n'
)
AWS = {"hashicorp/aws": {"version": "~> 6.0", "hashes": ["h1:good"]}}
GIT = "git::https://git.example/net"
STATE = 'data "terraform_remote_state" "a" {\n backend = "%s"\n config = {\n %s\n }\n}\n'
S3 = {"remote_states": [{"backend": "s3", "where": {"bucket": "states", "key": "net/*"}}]}
NET = {"remote_states": [{"workspace": "network"}]}
NETWORK = ".workspaces/network.tfstate"
JSON = '{"data": {"terraform_remote_state": {"a": {"backend": "%s", "config": {"path": "%s"}}}}}'
HTTP = {"providers": {"hashicorp/http": {}}, "data": {"http": ["api.example.com", "*.example.org"]}}
URL = 'data "http" "a" {\n url = "%s"\n}\n'
MODULE = 'module "m" {\n source = "%s"\n%s\n}\n'
COMMIT = "0123456789abcdef0123456789abcdef01234567"

# the section, the files, whether they are allowed
GIVEN: list[tuple[dict[str, Any], dict[str, str], bool]] = [
    ({"providers": AWS}, {"main.tf": _required("hashicorp/aws", "~> 6.1")}, True),
    ({"providers": AWS}, {"main.tf": _required("hashicorp/aws", ">= 6.1")}, False),
    ({"providers": AWS}, {"main.tf": _required("hashicorp/aws", "")}, False),
    ({"providers": AWS}, {"main.tf": 'resource "aws_vpc" "a" {\n}'}, False),
    (
        {"providers": AWS},
        {
            "main.tf": _required("hashicorp/aws", ""),
            ".terraform.lock.hcl": LOCK.format("6.2.0", "h1:good"),
        },
        True,
    ),
    (
        {"providers": AWS},
        {
            "main.tf": _required("hashicorp/aws", "~> 6.1"),
            ".terraform.lock.hcl": LOCK.format("5.2.0", "h1:good"),
        },
        False,
    ),
    (
        {"providers": AWS},
        {
            "main.tf": _required("hashicorp/aws", "~> 6.1"),
            ".terraform.lock.hcl": LOCK.format("6.2.0", "h1:other"),
        },
        False,
    ),
    ({"providers": AWS}, {"main.tf": "", ".terraform.lock.hcl": "provider {{"}, False),
    ({"providers": AWS}, {"main.tf": 'resource "terraform_data" "a" {\n}'}, True),
    ({"providers": AWS}, {"main.tf": 'resource "random_id" "a" {\n}'}, False),
    ({"modules": [GIT]}, {"main.tf": MODULE % (GIT, "")}, True),
    ({"modules": [GIT]}, {"main.tf": MODULE % (GIT + "work", "")}, False),
    ({"modules": [GIT]}, {"main.tf": MODULE % (GIT + "/../evil", "")}, False),
    ({"modules": [{"prefix": GIT, "pinned": True}]}, {"main.tf": MODULE % (GIT, "")}, False),
    (
        {"modules": [{"prefix": GIT, "pinned": True}]},
        {"main.tf": MODULE % (f"{GIT}//a?ref={COMMIT}", "")},
        True,
    ),
    (
        {"modules": [{"prefix": GIT, "pinned": True}]},
        {"main.tf": MODULE % (f"{GIT}?ref=main", "")},
        False,
    ),
    ({"modules": [GIT]}, {"main.tf": MODULE % (f"{GIT}?sshkey=x", "")}, False),
    (
        {"modules": [{"source": "acme/vpc/aws", "version": "~> 2.1"}]},
        {"main.tf": MODULE % ("acme/vpc/aws", 'version = "2.1.3"')},
        True,
    ),
    (
        {"modules": [{"source": "acme/vpc/aws", "version": "~> 2.1"}]},
        {"main.tf": MODULE % ("acme/vpc/aws", "")},
        False,
    ),
    (S3, {"main.tf": STATE % ("s3", 'bucket = "states"\n key = "net/a"\n region = "r"')}, True),
    (S3, {"main.tf": STATE % ("s3", 'bucket = "states"\n key = "pay/a"')}, False),
    (S3, {"main.tf": STATE % ("s3", 'bucket = "states"\n key = "net/../pay"')}, False),
    (S3, {"main.tf": STATE % ("s3", 'bucket = var.b\n key = "net/a"')}, False),
    (S3, {"main.tf": STATE % ("s3", 'bucket = "states"\n key = "net/a"\n profile = "x"')}, False),
    (S3, {"main.tf": STATE % ("gcs", 'bucket = "states"\n key = "net/a"')}, False),
    (NET, {"main.tf": STATE % ("local", f'path = "{NETWORK}"')}, True),
    (NET, {"main.tf": STATE % ("local", 'path = ".workspaces/billing.tfstate"')}, False),
    (NET, {"main.tf": STATE % ("local", f'path = "./{NETWORK}"')}, False),
    (NET, {"main.tf": STATE % ("local", f'path = "a/../{NETWORK}"')}, False),
    (NET, {"main.tf": STATE % ("local", f'path = "/runs/{NETWORK}"')}, False),
    (NET, {"main.tf": STATE % ("local", f'path = "${{path.root}}/{NETWORK}"')}, False),
    (NET, {"main.tf": STATE % ("local", 'path = ".workspaces/${var.w}.tfstate"')}, False),
    (NET, {"main.tf": STATE % ("local", 'path = ".workspaces/net*.tfstate"')}, False),
    (NET, {"main.tf": STATE % ("local", "path = var.path")}, False),
    (NET, {"main.tf": STATE % ("local", f'path = "{NETWORK}"\n workspace_dir = "x"')}, False),
    (NET, {"main.tf": STATE % ("http", f'path = "{NETWORK}"')}, False),
    (
        NET,
        {
            "main.tf": STATE.replace("config", 'workspace = "b"\nconfig')
            % ("local", f'path = "{NETWORK}"')
        },
        False,
    ),
    (NET, {"main.tf": 'data "terraform_remote_state" "a" {\n backend = "local"\n}'}, False),
    (NET, {"main.tf": f'output "a" {{\n value = file("{NETWORK}")\n}}'}, False),
    (NET, {"main.tf": "", ".workspaces/network.tf": ""}, False),
    (NET, {"main.tf": "", "modules/net/.workspaces/x": ""}, False),
    ({}, {"main.tf": STATE % ("local", f'path = "{NETWORK}"')}, False),
    (NET, {"main.tf.json": JSON % ("local", NETWORK)}, True),
    (NET, {"main.tf.json": JSON % ("local", "x.tfstate")}, False),
    (NET, {"main.tf.json": JSON % ("${var.b}", NETWORK)}, False),
    (NET, {"main.tf": 'data "terraform_remote_state" "a" {\n backend "local" {\n }\n}'}, False),
    (HTTP, {"main.tf": URL % "https://api.example.com/v1?x=1"}, True),
    (HTTP, {"main.tf": URL % "https://a.example.org"}, True),
    (HTTP, {"main.tf": URL % "http://api.example.com/"}, False),
    (HTTP, {"main.tf": URL % "https://api.example.com.evil.example/"}, False),
    (HTTP, {"main.tf": URL % "https://api.example.com@evil.example/"}, False),
    (HTTP, {"main.tf": URL % "https://${var.h}/"}, False),
    ({"backends": ["s3"]}, {"main.tf": 'terraform {\n backend "s3" {\n }\n}'}, True),
    ({"backends": ["s3"]}, {"main.tf": 'terraform {\n backend "http" {\n }\n}'}, False),
    (
        {"provisioners": ["file"]},
        {"main.tf": 'resource "null_resource" "a" {\n provisioner "local-exec" {\n }\n}'},
        False,
    ),
]


@pytest.mark.parametrize(("section", "files", "allowed"), GIVEN)
def test_what_is_granted_is_allowed_and_nothing_beside_it(
    section: dict[str, Any], files: dict[str, str], allowed: bool
) -> None:
    found = guard.read({p: t.encode() for p, t in files.items()}, guard.rules_of(section))
    assert found.ruling is (Ruling.ALLOW if allowed else Ruling.DENY), found


PROVIDERS = [
    ('profile = "admin"', Ruling.DENY),
    ('shared_credentials_files = ["${path.module}/c"]', Ruling.DENY),
    ('secret_key = join("", ["wJalr", "XUtn"])', Ruling.DENY),
    ('secret_key = "${var.a}${"b"}"', Ruling.DENY),
    ("secret_key = var.secret", Ruling.ALLOW),
    ('secret_key = "${var.secret}"', Ruling.ALLOW),
    ('assume_role {\n role_arn = "arn:aws:iam::111111111111:role/x"\n}', Ruling.ALLOW),
    ('assume_role {\n role_arn = "arn:aws:iam::222222222222:role/x"\n}', Ruling.DENY),
    ('assume_role = [{ role_arn = "arn:aws:iam::222222222222:role/x" }]', Ruling.DENY),
    ("assume_role {\n role_arn = var.role\n}", Ruling.DENY),
    (
        'dynamic "assume_role" {\n for_each = [1]\n content {\n role_arn = "arn:aws:iam::222222222222:role/x"\n }\n}',  # noqa: E501
        Ruling.DENY,
    ),
    ('exec {\n command = "sh"\n}', Ruling.DENY),
    ("skip_credentials_validation = true", Ruling.ASK),
    ('http_proxy = "http://h.example"', Ruling.ASK),
    ("insecure = true", Ruling.ASK),
    ('alias = "b"\n region = "eu-west-1"', Ruling.ALLOW),
]


@pytest.mark.parametrize(("inside", "ruling"), PROVIDERS)
def test_a_provider_may_not_change_whose_it_is(inside: str, ruling: Ruling) -> None:
    rules = guard.rules_of({"accounts": ["111111111111"]})
    found = guard.read({"main.tf": f'provider "aws" {{\n{inside}\n}}'.encode()}, rules)
    assert found.ruling is ruling, found

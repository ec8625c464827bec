"""The guard: what may not be in a proposal, with the file and the line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import guard
from dihedral.ops.rules.grants import Pin
from dihedral.ops.rules.guard import GuardRules
from tests.ops import plans
from tests.ops.plans import change, configuration, resource

RULES = GuardRules()
HONEST = {
    "main.tf": b"""# reads a config file (see below), and the file(s) beside it
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}
provider "aws" {
  region     = var.region
  access_key = "mock"
}
variable "region" { type = string }
resource "aws_lb_listener" "http" {
  port = 80
}
resource "aws_iam_policy" "p" {
  policy = templatefile("${path.module}/policy.json.tftpl", { name = var.region })
}
data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/code"
  output_path = "${path.root}/code.zip"
}
resource "aws_lambda_function" "f" {
  filename         = data.archive_file.code.output_path
  source_code_hash = filebase64sha256("code.zip")
}
module "net" {
  source = "./net"
}
""",
    "policy.json.tftpl": b'{"name": "${name}"}',
    "code.zip": b"PK\x03\x04\xff\xfe",
    "net/main.tf": b'locals { text = file("${path.module}/../policy.json.tftpl") }\n',
    "live.auto.tfvars": b'region = "eu-west-1"\n',
    ".terraform.lock.hcl": b"# kept by terraform init\n",
}


def test_an_honest_configuration_is_allowed() -> None:
    found = guard.read(HONEST, RULES)
    assert (found.ruling, found.findings) == (Ruling.ALLOW, ())


# what stands in main.tf → the line of the finding and a word of it
HOSTILE = {
    'resource "null_resource" "a" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}': (
        2,
        "provisioner",
    ),
    'resource "null_resource" "a" {\n  connection {\n  host = "h"\n }\n}': (2, "connection"),
    'removed {\n  from = a.b\n  provisioner "local-exec" {\n when = destroy\n }\n}': (
        3,
        "provisioner",
    ),
    'data "external" "a" {\n  program = ["id"]\n}': (1, "external"),
    'data external a {\n  program = ["id"]\n}': (1, "external"),
    'check "c" {\n  data "http" "a" {\n    url = "http://h"\n  }\n}': (2, "http"),
    'data "terraform_remote_state" "a" {\n  backend = "local"\n}': (1, "another state"),
    'terraform {\n  backend "s3" {}\n}': (2, "backend"),
    "terraform {\n  cloud {\n  }\n}": (2, "cloud"),
    'terraform {\n  required_providers {\n    aws = { source = "evil/aws" }\n  }\n}': (
        3,
        "evil/aws",
    ),
    'terraform {\n  required_providers {\n    aws = { source = "h.example/x/aws" }\n  }\n}': (
        3,
        "h.example",
    ),
    'terraform {\n  required_providers {\n    evil = "1.0"\n  }\n}': (3, "hashicorp/evil"),
    'terraform {\n  required_providers {\n    aws = { "sourc\\u0065" = "evil/aws" }\n  }\n}': (
        3,
        "evil/aws",
    ),
    'resource "evil_thing" "a" {\n}': (1, "hashicorp/evil"),
    'resource "aws_vpc" "a" {\n  provider = evil.x\n}': (1, "hashicorp/evil"),
    'provider "evil" {\n}': (1, "hashicorp/evil"),
    'module "m" {\n  source = "git::https://h.example/m.git"\n}': (2, "module source"),
    'module "m" {\n  source = "terraform-aws-modules/vpc/aws"\n}': (2, "module source"),
    'module "m" {\n  source = "../outside"\n}': (2, "module source"),
    'module "m" {\n  source = "/etc"\n}': (2, "module source"),
    'module "m" {\n  source = "./none"\n}': (2, "no module"),
    'module "m" {\n  source = var.where\n}': (2, "module source"),
    'locals {\n  a = file("/etc/passwd")\n}': (2, "outside"),
    'locals {\n  a = file("~/.aws/credentials")\n}': (2, "outside"),
    'locals {\n  a = file("../x")\n}': (2, "outside"),
    'locals {\n  a = file("${path.root}/a/../../x")\n}': (2, "outside"),
    'locals {\n  a = file("${path.module}/../../x")\n}': (2, "outside"),
    'locals {\n  a = file("${path.module}x")\n}': (2, "outside"),
    'locals {\n  a = file("${path.cwd}/x")\n}': (2, "not written out"),
    "locals {\n  a = file(var.name)\n}": (2, "not written out"),
    'locals {\n  a = file("/e\\u0074c/passwd")\n}': (2, "outside"),
    'locals {\n  a = core::file("/etc/passwd")\n}': (2, "outside"),
    'locals {\n  a = file /* c */ ("/etc/passwd")\n}': (2, "outside"),
    'locals {\n  a = file(\n"/etc/passwd")\n}': (2, "outside"),
    'locals {\n  a = <<EOT\n${file("/etc/passwd")}\nEOT\n}': (3, "outside"),
    'locals {\n  a = [for f in fileset("/", "**") : f]\n}': (2, "outside"),
    'locals {\n  a = fileset(path.module, "../**")\n}': (2, "outside"),
    'locals {\n  a = templatefile("/etc/passwd", {})\n}': (2, "outside"),
    'locals {\n  a = pathexpand("~")\n}': (2, "home"),
    '# a = file("/etc/passwd")\nlocals {\n}': (1, "looks like a call of file"),
    '/*\nprovisioner "local-exec" {\n*/\nlocals {\n}': (2, "provisioner"),
    'data "local_file" "a" {\n  filename = "/etc/passwd"\n}': (2, "outside"),
    'resource "local_file" "a" {\n  content = "x"\n  filename = "/root/.ssh/id"\n}': (3, "outside"),
    'data "archive_file" "a" {\n  source_dir = "/"\n}': (2, "outside"),
    'resource "aws_s3_object" "a" {\n  source = "/etc/passwd"\n}': (2, "outside"),
    'provider "aws" {\n  secret_key = "wJalrXUtnFEMI"\n}': (2, "credential"),
    'provider "aws" {\n  token = <<EOT\nwJalrXUtnFEMI\nEOT\n}': (2, "credential"),
    'locals {\n  k = "AKIAABCDEFGHIJKLMNOP"\n}': (2, "credential"),
    'locals {\n  k = "\x1b[2J"\n}': (2, "U+001B"),
    'locals {\n  k = "\u202eabc"\n}': (2, "U+202E"),
    'locals {\n  k = "a\u200bb"\n}': (2, "U+200B"),
    "locals {\n  a = {\n}": (3, "cannot be read"),
    "locals {\n  a = = 1\n}": (2, "cannot be read"),
    'surprise "a" {\n}': (1, "not known"),
    'resource "a\\u0077s_vpc" "a" {\n}': (1, "escapes"),
}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_allowed_is_denied_with_file_and_line(text: str) -> None:
    line, word = HOSTILE[text]
    found = guard.read({"main.tf": text.encode()}, RULES)
    assert found.ruling is Ruling.DENY
    here = [f for f in found.findings if f.where == f"main.tf:{line}"]
    assert any(word in f.message for f in here), found.findings
    assert all(f.mend for f in found.findings)


# the same in Terraform's JSON form
JSON = [
    ({"data": {"external": {"a": {"program": ["id"]}}}}, "external"),
    ({"data": [{"external": {"a": {}}}]}, "external"),
    ({"resource": {"null_resource": {"a": {"provisioner": {"local-exec": {}}}}}}, "provisioner"),
    ({"resource": {"null_resource": {"a": {"provisioner": [{"local-exec": {}}]}}}}, "provisioner"),
    ({"resource": [{"null_resource": [{"a": [{"provisioner": [{"x": {}}]}]}]}]}, "provisioner"),
    ({"terraform": {"backend": {"s3": {}}}}, "backend"),
    ({"terraform": [{"cloud": {}}]}, "cloud"),
    ({"terraform": {"required_providers": {"aws": {"source": "evil/aws"}}}}, "evil/aws"),
    ({"terraform": {"required_providers": [{"evil": "1"}]}}, "hashicorp/evil"),
    ({"module": {"m": {"source": "git::https://h.example/x"}}}, "module source"),
    ({"locals": {"a": '${file("/etc/passwd")}'}}, "outside"),
    ({"locals": {"a": ["%{ if true }${file(var.x)}%{ endif }"]}}, "not written out"),
    ({"locals": {"a": '${upper("${file("/etc/passwd")}")}'}}, "outside"),
    ({"locals": {'${file("/etc/passwd")}': 1}}, "outside"),
    ({"locals": {"a": "${ broken("}}, "template"),
    ({"provider": {"aws": {"secret_key": "wJalrXUtnFEMI"}}}, "credential"),
    ({"resource": {"local_file": {"a": {"filename": "/etc/x"}}}}, "outside"),
    ({"surprise": {}}, "not known"),
]


@pytest.mark.parametrize(("document", "word"), JSON)
def test_the_json_form_hides_nothing(document: object, word: str) -> None:
    found = guard.read({"main.tf.json": json.dumps(document).encode()}, RULES)
    assert found.ruling is Ruling.DENY
    assert any(word in f.message for f in found.findings), found.findings


def test_a_key_that_comes_twice_in_json_is_read_both_times() -> None:
    text = b'{"data": {"external": {"a": {}}}, "data": {"aws_region": {"a": {}}}}'
    assert "external" in guard.read({"main.tf.json": text}, RULES).reason


def test_escaped_letters_in_json_hide_nothing() -> None:
    text = b'{"d\\u0061ta": {"extern\\u0061l": {"a": {}}}}'
    assert "external" in guard.read({"main.tf.json": text}, RULES).reason


PATHS = [
    ("../main.tf", "leaves"),
    ("/etc/main.tf", "leaves"),
    ("a/./b.tf", "leaves"),
    ("a//b.tf", "leaves"),
    ("a\\b.tf", "leaves"),
    ("C:/main.tf", "leaves"),
    ("a\x1b.tf", "leaves"),
    (".terraform/providers/x", "working directory"),
    ("a/.terraform/modules/m.tf", "working directory"),
    ("terraform.d/plugins/x", "programs"),
    ("terraform.tfstate", "state"),
    ("terraform.tfstate.backup", "state"),
    (".terraformrc", "configures"),
    (".aws/credentials", "credentials"),
]


@pytest.mark.parametrize(("path", "word"), PATHS)
def test_names_that_may_not_be_there_are_denied(path: str, word: str) -> None:
    found = guard.read({"main.tf": b"", path: b""}, RULES)
    assert found.ruling is Ruling.DENY
    assert any(word in f.message for f in found.findings)


def test_an_override_file_is_denied() -> None:
    found = guard.read({"main.tf": b"", "x_override.tf": b""}, RULES)
    assert found.ruling is Ruling.DENY


def test_a_block_of_a_resource_that_is_named_like_a_setting_is_its_own() -> None:
    text = b'resource "aws_appmesh_virtual_node" "a" {\n  spec {\n    backend {\n    }\n  }\n}'
    assert guard.read({"main.tf": text}, RULES).ruling is Ruling.ALLOW


def test_a_provider_that_is_sent_elsewhere_asks() -> None:
    text = b'provider "aws" {\n  endpoints {\n    s3 = "http://h"\n  }\n}'
    assert guard.read({"main.tf": text}, RULES).ruling is Ruling.ASK


NO_CONFIGURATION: list[dict[str, bytes]] = [{}, {"a/main.tf": b""}, {"readme.md": b"x"}]


@pytest.mark.parametrize("files", NO_CONFIGURATION)
def test_a_directory_without_configuration_is_denied(files: dict[str, bytes]) -> None:
    found = guard.read(files, RULES)
    assert found.ruling is Ruling.DENY
    assert "no Terraform configuration" in found.reason


def test_text_that_is_not_utf_8_is_denied_with_its_line() -> None:
    found = guard.read({"main.tf": b'locals {\n  a = "\xff"\n}'}, RULES)
    assert found.ruling is Ruling.DENY
    assert found.findings[0].where == "main.tf:2"
    assert "UTF-8" in found.reason


def test_sizes_beyond_the_limits_are_denied() -> None:
    small = GuardRules(max_files=2, max_file=20, max_bytes=30)
    many = {f"a{n}.tf": b"" for n in range(3)}
    for files in ({"main.tf": b"#" * 21}, {"main.tf": b"", "a.bin": b"x" * 31}, many):
        assert guard.read(files, small).ruling is Ruling.DENY


def test_a_workspace_allows_more_providers_modules_and_another_root() -> None:
    rules = GuardRules(
        providers=guard.PROVIDERS | {"acme/six": Pin()},
        modules=("git::https://h.example/",),
        root="live",
    )
    text = b"""terraform {
  required_providers {
    six = { source = "registry.terraform.io/acme/six" }
  }
}
resource "six_thing" "a" {
  text = file("x.txt")
}
module "m" { source = "git::https://h.example/m" }
module "n" { source = "../net" }
"""
    files = {"live/main.tf": text, "live/x.txt": b"", "net/main.tf": b"locals {}"}
    assert guard.read(files, rules).ruling is Ruling.ALLOW


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["main.tf", "main.tf.json"]))
def test_whatever_the_text_there_is_a_verdict(text: str, name: str) -> None:
    found = guard.read({name: text.encode("utf-8", "surrogatepass")}, RULES)
    assert found.gate == "guard"


@pytest.mark.parametrize("depth", [500, 20_000])
def test_deep_nesting_is_denied_or_read_but_never_breaks(depth: int) -> None:
    nested = b"locals {\n a = " + b"[" * depth + b"]" * depth + b"\n}"
    blocks = b"a {\n" * depth + b"}\n" * depth
    array = b'{"locals": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    assert guard.read({"main.tf": nested}, RULES).gate == "guard"
    assert guard.read({"main.tf": blocks}, RULES).ruling is Ruling.DENY
    assert guard.read({"main.tf.json": array}, RULES).gate == "guard"


def test_the_plans_own_configuration_is_checked_again() -> None:
    bomb = resource("null_resource.a", provisioners=[{"type": "local-exec"}])
    module = {"m": {"source": "git::https://h.example/x", "module": {"resources": [bomb]}}}
    written = configuration(resource("data.external.x"), module_calls=module)
    written["provider_config"] = {"evil": {"name": "aws", "full_name": "h.example/evil/aws"}}
    changes = [change("aws_vpc.a", "create", provider_name="registry.terraform.io/evil/other")]
    text = plans.text(plans.document(*changes, configuration=written))
    found = guard.recheck(text, RULES)
    assert found.ruling is Ruling.DENY
    said = " ".join(f"{f.where} {f.message}" for f in found.findings)
    for word in (
        "module.m.null_resource.a",
        "module.m ",
        "data.external.x",
        "evil/aws",
        "evil/other",
    ):
        assert word in said


def test_a_plan_without_a_configuration_is_denied() -> None:
    assert guard.recheck(b"{", RULES).ruling is Ruling.DENY
    assert guard.recheck(b'{"format_version": "1.2"}', RULES).ruling is Ruling.DENY


def test_an_ordinary_plan_passes_again() -> None:
    written = configuration(resource("aws_vpc.a"))
    written["provider_config"] = {"aws": {"full_name": "registry.terraform.io/hashicorp/aws"}}
    text = plans.text(plans.document(change("aws_vpc.a", "create"), configuration=written))
    assert guard.recheck(text, RULES).ruling is Ruling.ALLOW


GAPS = st.lists(st.sampled_from([" ", "\t", "/* c */", "/**/", "\n"]), max_size=3).map("".join)
AROUND = st.sampled_from(
    [
        "locals {{\n a = [{}]\n}}",
        'locals {{\n a = "${{[{}][0]}}"\n}}',
        "locals {{\n a = <<EOT\n${{[{}][0]}}\nEOT\n}}",
        "# {}\nlocals {{\n}}",
        "locals {{\n a = upper([{}][0])\n}}",
        'output "o" {{\n value = {{ k = [{}] }}\n}}',
    ]
)


@settings(max_examples=120, deadline=None)
@given(GAPS, AROUND, st.sampled_from(["file", "core::file", "filebase64", "templatefile"]))
def test_however_a_call_is_spelled_it_is_denied(gap: str, around: str, name: str) -> None:
    text = around.format(f'{name}{gap}("/etc/passwd")')
    assert guard.read({"main.tf": text.encode()}, RULES).ruling is Ruling.DENY

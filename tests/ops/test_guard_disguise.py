"""However a dangerous thing is written, it is not allowed, and whatever is written is answered."""

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import guard, scan
from dihedral.ops.rules.guard import GuardRules

RULES = GuardRules()

# in words, so that a disguise can be put between any two of them
BLOCKS = [
    ['resource "null_resource" "a"', "{", "\n", 'provisioner "local-exec"', "{", "\n", "}", "\n", "}"],  # noqa: E501
    ["data", '"external"', '"a"', "{", "\n", "}"],
    ["data", '"http"', '"a"', "{", "\n", "}"],
    ["data", '"terraform_remote_state"', '"a"', "{", "\n", "}"],
    ["terraform", "{", "\n", "backend", '"s3"', "{", "\n", "}", "\n", "}"],
    ["terraform", "{", "\n", "cloud", "{", "\n", "}", "\n", "}"],
    ["module", '"m"', "{", "\n", "source", "=", '"git::https://h.example/x"', "\n", "}"],
    ["provider", '"evil"', "{", "\n", "}"],
    ["locals", "{", "\n", "a", "=", "file", "(", '"/etc/passwd"', ")", "\n", "}"],
    ["locals", "{", "\n", "a", "=", "templatestring", "(", "local.x", ",", "{", "}", ")", "\n", "}"],  # noqa: E501
    ["locals", "{", "\n", "a", "=", "core::file", "(", '"/etc/passwd"', ")", "\n", "}"],
    ["action", '"local_command"', '"a"', "{", "\n", "}"],
]  # fmt: skip
GAPS = st.lists(
    st.sampled_from([" ", "\t", "  ", "/* c */", "/**/", '/* " */', "/* <<E */"]),
    min_size=1,
    max_size=3,
).map("".join)
FRAMES = st.sampled_from(
    [
        "{}",
        "# a\n{}\n# b",
        "/* a */\n{}\n/* b */",
        'locals {{\n x = "/*"\n}}\n{}\nlocals {{\n y = "*/"\n}}',
        "locals {{\n x = <<E\n/*\nE\n}}\n{}\nlocals {{\n y = <<E\n*/\nE\n}}",
        "locals {{\n x = <<-E\n  E\n}}\n{}\n",
        "locals {{\n x = <<E\n E \n}}\n{}\nlocals {{\n y = <<E\nE\n}}",
        'locals {{\n x = "$${{"\n}}\n{}\nlocals {{\n y = "}}"\n}}',
        'locals {{\n x = "%%{{ \\" "\n}}\n{}\n',
        "locals {{\n x = <<E\n$${{\nE\n}}\n{}\nlocals {{\n y = <<E\n}}\nE\n}}",
        "\ufeff{}",
    ]
)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(BLOCKS), GAPS, FRAMES, st.booleans())
def test_no_disguise_makes_it_allowed(
    words: list[str], gap: str, frame: str, windows: bool
) -> None:
    text = frame.format(gap.join(words).replace(f"{gap}\n{gap}", "\n"))
    text = text.replace("\n", "\r\n") if windows else text
    found = guard.read({"main.tf": text.encode()}, RULES)
    assert found.ruling is not Ruling.ALLOW, text


DOCUMENTS = [
    {"data": {"external": {"a": {}}}},
    {"resource": {"null_resource": {"a": {"provisioner": {"local-exec": {}}}}}},
    {"terraform": {"backend": {"s3": {}}}},
    {"module": {"m": {"source": "git::https://h.example/x"}}},
    {"locals": {"a": "${file('x')}".replace("'x'", '"/etc/passwd"')}},
    {"resource": {"aws_vpc": {"a": {"lifecycle": {"ignore_changes": ["policy"]}}}}},
    {"moved": {"from": "aws_vpc.a", "to": "aws_vpc.b"}},
    {"provider": {"aws": {"profile": "x"}}},
]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.randoms(use_true_random=False), st.booleans())
def test_no_json_form_makes_it_allowed(
    document: object, chance: random.Random, comment: bool
) -> None:
    plain = json.dumps({"//": "a comment", **document} if comment else document)  # type: ignore[dict-item]
    text = "".join(
        f"\\u{ord(c):04x}" if c.isalpha() and chance.random() < 0.3 else c for c in plain
    )
    for wrapped in (text, plain.replace("{}", "[{}]"), json.dumps(document, indent=2)):
        found = guard.read({"main.tf.json": wrapped.encode()}, RULES)
        assert found.ruling is not Ruling.ALLOW, wrapped


AWS = "AKIA" + "ABCDEFGHIJKLMNOP"
WRITTEN = [
    ("main.tf", f'locals {{\n a = "{AWS}"\n}}', "credential"),
    ("main.tf", 'variable "db_password" {\n default = "hunter2hunter2"\n}', "default of db_password"),  # noqa: E501
    ("main.tf", 'resource "aws_db_instance" "a" {\n password = "hunter2"\n}', "(password)"),
    ("main.tf", 'locals {\n t = { "api_key" = "0123456789abcdef" }\n}', "(api_key)"),
    ("main.tf", 'locals {\n a = "postgres://me:hunter2@h/db"\n}', "address with a password"),
    ("main.tf", 'locals {\n a = "QUtJQUFCQ0RFRkdISUpLTE1OT1A="\n}', "base64"),
    ("main.tf", 'locals {\n u = <<E\nexport DB_PASSWORD=Hunter2hunter!\nE\n}', "DB_PASSWORD"),
    ("notes.md", f"the key is {AWS}", "credential"),
    ("run.sh", "-----BEGIN RSA PRIVATE KEY-----\n", "credential"),
    ("a.bin", f"\xff\xfe{AWS}", "credential"),
    ("a.tfvars", 'db_password = "hunter2"\n', "(db_password)"),
    ("x.yaml", "password: Hunter2-hunter\n", ""),
    ("main.tf", 'locals {\n аws = 1\n}'.replace("а", "\u0430"), "mixes"),
    ("main.tf", 'resource "aws_vpc" "m\u0430in" {\n}', "mixes"),
    ("main.tf", 'resource "aws_vpc" "\uff4dain" {\n}', "can be taken for"),
    ("m\u0430in.tf", "", "mixes"),
    ("main.tf", "locals {\n a = 1\x00\n}", "U+0000"),
    ("notes.md", "a\x1b]0;x\x07", "U+001B"),
    ("main.tf", "\ufefflocals {\n}", "byte order mark"),
    ("main.tf", 'locals {\n a = "\\u001b[2J"\n}', "an escape"),
    ("main.tf", 'locals {\n a = "\\U0000202e"\n}', "an escape"),
    ("main.tf.json", '{"locals": {"a": "\\u009b2J"}}', "an escape"),
    (".main.tf", "", "does not read"),
    ("a.tfquery.hcl", "", "not run here"),
    ("a.tfstack.hcl", "", "not run here"),
    ("a.tftest.hcl", 'run "a" {\n module {\n source = "git::https://h.example/x"\n }\n}', "module"),
    ("main.tofu", "", "OpenTofu"),
    ("MAIN.tf", "", "case"),
    ("main.tf/x", "", "a file, and the directory"),
    ("a -> b", "", "leaves"),
    ("x.tfplan", "", "stored plan"),
    ("sub/override.tf", "", "override"),
    (".terraform", "", "working directory"),
    ("main.tf", 'locals {\n a = templatefile("t.tpl", {})\n}', "template"),
    ("main.tf", 'locals {\n a = file("terraform.tfstate")\n}', "own"),
    ("main.tf", 'data "archive_file" "a" {\n source_dir = path.module\n}', "own"),
    ("main.tf", 'data "archive_file" "a" {\n source_dir = "${path.root}/"\n}', "own"),
    ("main.tf", 'output "o" {\n value = nonsensitive(var.x)\n}', "nonsensitive"),
    ("main.tf", 'locals {\n a = provider::evil::run("x")\n}', "provider"),
    ("main.tf", 'provider "aws" {\n for_each = var.all\n}', "for_each"),
    ("main.tf", "terraform {\n experiments = [a]\n}", "experiment"),
    ("main.tf", 'list "aws_vpc" "a" {\n}', "not known"),
    ("main.tf.json", '{"locals": {"a": NaN}}', "JSON"),
    ("main.tf.json", '{"locals": {"a": "x", "a": "${file(\\"/etc/x\\")}"}}', "outside"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "word"), WRITTEN)
def test_what_is_written_there_is_found(path: str, text: str, word: str) -> None:
    raw = text.encode("latin-1") if path.endswith(".bin") else text.encode()
    found = guard.read({"main.tf": b"", "code.txt": b"", path: raw}, RULES)
    assert found.ruling is not Ruling.ALLOW or not word, found
    assert any(word in f.message for f in found.findings) or not word, found.findings
    assert all(f.mend and f.where for f in found.findings)


HONEST = [
    ("main.tf", 'resource "aws_vpc" "größe" {\n tags = { Name = "網路 · сеть" }\n}'),
    ("readme.md", "Built with 👩\u200d💻 at 5 µs; password: see the vault\n"),
    ("main.tf", 'locals {\n a = "100%${var.a}%"\n b = "$${x}"\n c = "$"\n}'),
    ("main.tf", 'resource "aws_db_instance" "a" {\n password = var.password\n}'),
    ("main.tf", 'resource "aws_db_instance" "a" {\n password = random_password.a.result\n}'),
    ("main.tf", 'resource "aws_efs_file_system" "a" {\n creation_token = "my-product"\n}'),
    ("main.tf", 'locals {\n secret_arn = "arn:aws:secretsmanager:x:1:secret:y"\n}'),
    ("main.tf", 'variable "token" {\n type = string\n default = ""\n sensitive = true\n}'),
    ("main.tf", 'resource "aws_lb_target_group" "a" {\n health_check {\n path = "/file(s)"\n }\n}'),
    ("main.tf.json", '{"//": {"metadata": {"backend": "local"}}, "locals": {"a": 1}}'),
    ("a.tftest.hcl", 'run "a" {\n command = plan\n assert {\n condition = true\n }\n}'),
    ("main.tf", 'check "c" {\n assert {\n condition = var.a\n error_message = "no"\n }\n}'),
    ("main.tf", 'provider "aws" {\n alias = "b"\n default_tags {\n tags = { a = "b" }\n }\n}'),
    ("main.tf", "resource \"aws_vpc\" \"a\" {\n lifecycle {\n ignore_changes = [tags]\n }\n}"),
    ("main.tf", 'locals {\n name = "x-${terraform.workspace}"\n at = timestamp()\n}'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), HONEST)
def test_honest_files_pass(path: str, text: str) -> None:
    found = guard.read({"main.tf": b"", path: text.encode()}, RULES)
    assert found.ruling is Ruling.ALLOW, found


GOOD = b'resource "aws_vpc" "a" {\n  cidr_block = "${var.a}/16"\n  tags = { a = <<E\nx\nE\n  }\n}\n'


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.binary(max_size=6), st.integers(0, 4))
def test_a_mutated_configuration_is_always_answered(at: int, noise: bytes, cut: int) -> None:
    text = GOOD[:at] + noise + GOOD[at + cut :]
    for name in ("main.tf", "main.tf.json", "a.tfvars", "x/a.tftest.hcl", ".terraform.lock.hcl"):
        assert guard.read({"main.tf": b"", name: text}, RULES, {"main.tf": text}).gate == "guard"


@pytest.mark.parametrize(
    "word", ['"file" ', "#backend\n", "a {\n", "password=", "backend/*", "a.b "]
)
def test_a_hostile_text_costs_no_more_than_its_length(word: str) -> None:
    seconds = []
    for size in (20_000, 80_000):
        text = (word * (size // len(word))).encode()
        began = time.process_time()
        guard.read({"main.tf": b"locals {\n a = <<E\n" + text + b"\nE\n}\n", "b.tf": text}, RULES)
        seconds.append(time.process_time() - began)
    assert seconds[1] < 10 * seconds[0] + 0.3


def test_the_second_reader_knows_where_texts_end() -> None:
    found = scan.marks(b'a = "x${"y"}" # c\nb = <<E\n$${ ${1}\n  E\n/* d */\n')
    kinds = sorted(kind for kind, _ in found)
    assert kinds == ["C", "Q", "Q", "c", "c", "h", "i", "i", "q", "q"]
    with pytest.raises(scan.Lost):
        scan.marks(b'a = "x\n"')


def test_what_is_no_configuration_may_name_a_password_that_is_none() -> None:
    script = b'client = Minio(access_key="minioadmin", secret_key="minioadmin")\n'
    assert guard.read({"main.tf": b"", "a.py": script}, RULES).ruling is Ruling.ALLOW
    chart = b'token: "yzXWkOQ96+DtPkkxrJ2qcOmzA6c1JUf"\n'
    assert guard.read({"main.tf": b"", "a.yaml": chart}, RULES).ruling is Ruling.ASK


def test_a_finding_does_not_repeat_the_secret() -> None:
    text = b'module "m" {\n source = "git::https://me:hunter2hunter@h.example/x"\n}'
    found = guard.read({"main.tf": text}, RULES)
    assert found.ruling is Ruling.DENY
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "inside", ["[" + " " * 60_000 + "1]", "b" + ".c" * 5_000, "b" + "/**/[c[0]]" * 5_000]
)
def test_what_costs_the_square_of_its_length_is_given_up(inside: str) -> None:
    found = guard.read({"main.tf": f"locals {{\n a = {inside}\n}}\n".encode()}, RULES)
    assert found.ruling is Ruling.DENY and found.findings[0].where == "main.tf:2"
    assert guard.read({"main.tf": b"locals {\n a = b" + b".c" * 90 + b"\n}\n"}, RULES).ruling is (
        Ruling.ALLOW
    )

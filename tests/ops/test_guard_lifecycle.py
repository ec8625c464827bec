"""What hides a loss: moves, removals, ignored changes, and protection that is taken away."""

import pytest

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import guard
from dihedral.ops.rules.guard import GuardRules

RULES = GuardRules()
VPC = 'resource "aws_vpc" "b" {\n%s\n}\n'
MOVED = "moved {\n  from = %s\n  to   = %s\n}\n"

# what stands in main.tf → the ruling and a word of a finding
SAID = [
    (MOVED % ("aws_vpc.a", "aws_vpc.b") + VPC % "", Ruling.ALLOW, ""),
    (MOVED % ("aws_vpc.a", "aws_vpc.b[0]") + VPC % "count = 1", Ruling.ALLOW, ""),
    (MOVED % ("aws_vpc.b", 'aws_vpc.b["k"]') + VPC % "for_each = var.all", Ruling.ALLOW, ""),
    (MOVED % ("null_resource.a", "terraform_data.b"), Ruling.DENY, "not declared"),
    (MOVED % ("aws_vpc.a", "aws_vpc.none"), Ruling.DENY, "not declared"),
    (MOVED % ("aws_vpc.a", "aws_vpc.b") + VPC % "count = 0", Ruling.DENY, "count is nothing"),
    (MOVED % ("aws_vpc.a", "aws_vpc.b") + VPC % "for_each = {}", Ruling.DENY, "is nothing"),
    (MOVED % ("aws_vpc.a", "aws_vpc.b") + VPC % "for_each = toset([])", Ruling.DENY, "nothing"),
    (MOVED % ("aws_vpc.a", "aws_vpc.b") + VPC % "count = 1 - 1", Ruling.ASK, "cannot be told"),
    (MOVED % ("aws_db_instance.a", "aws_vpc.b") + VPC % "", Ruling.DENY, "makes a aws_vpc"),
    (MOVED % ("aws_vpc.b", "aws_vpc.c") + VPC % "" + VPC.replace('"b"', '"c"') % "", Ruling.DENY,
     "still declared"),
    (MOVED % ("aws_vpc.a", "aws_vpc.x") + MOVED % ("aws_vpc.x", "aws_vpc.a"), Ruling.DENY,
     "cannot be told"),
    (MOVED % ("aws_vpc.a", "aws_vpc.x") + MOVED % ("aws_vpc.x", "aws_vpc.b") + VPC % "count = 0",
     Ruling.DENY, "count is nothing"),
    (MOVED % ("aws_vpc.a", "module.m.aws_vpc.b") + 'module "m" {\n source = "./m"\n count = 0\n}\n',
     Ruling.DENY, "count is nothing"),
    (MOVED % ("aws_vpc.a", "module.m.aws_vpc.b") + 'module "m" {\n source = "./m"\n}\n',
     Ruling.ALLOW, ""),
    (MOVED % ("aws_vpc.a", "module.m.aws_vpc.z") + 'module "m" {\n source = "./m"\n}\n',
     Ruling.DENY, "not declared"),
    ("removed {\n from = aws_vpc.a\n lifecycle {\n destroy = false\n }\n}", Ruling.ASK, "forgets"),
    ("removed {\n from = aws_vpc.a\n lifecycle {\n destroy = true\n }\n}", Ruling.ASK, "destroys"),
    ("removed {\n from = aws_vpc.a\n}", Ruling.ASK, "destroys"),
    (VPC % "lifecycle {\n ignore_changes = all\n}", Ruling.DENY, "all"),
    (VPC % "lifecycle {\n ignore_changes = [tags, policy]\n}", Ruling.DENY, "policy"),
    (VPC % 'lifecycle {\n ignore_changes = ["policy"]\n}', Ruling.DENY, "policy"),
    (VPC % "lifecycle {\n ignore_changes = [ingress[0].cidr_blocks]\n}", Ruling.DENY, "ingress"),
    (VPC % 'lifecycle {\n ignore_changes = [tags["Owner"], desired_count]\n}', Ruling.ALLOW, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ruling", "word"), SAID)
def test_what_hides_a_loss_is_seen(text: str, ruling: Ruling, word: str) -> None:
    inside = (VPC % "").encode()
    found = guard.read({"main.tf": text.encode(), "m/main.tf": inside}, RULES)
    assert found.ruling is ruling, found
    assert any(word in f.message for f in found.findings) or not word, found.findings


KEPT = VPC % "lifecycle {\n prevent_destroy = true\n}"
DATABASE = 'resource "aws_db_instance" "d" {\n%s\n}\n'
SAFE = DATABASE % "deletion_protection = true\nskip_final_snapshot = false"

# before, after, the ruling and a word
CHANGED = [
    (KEPT, KEPT, Ruling.ALLOW, ""),
    (KEPT, VPC % "", Ruling.DENY, "prevent_destroy of aws_vpc.b"),
    (KEPT, "locals {\n}", Ruling.DENY, "prevent_destroy of aws_vpc.b"),
    (KEPT, KEPT.replace("true", "false"), Ruling.DENY, "taken away"),
    (KEPT, KEPT.replace("true", "var.keep"), Ruling.DENY, "taken away"),
    (KEPT, KEPT.replace('"b"', '"c"') + MOVED % ("aws_vpc.b", "aws_vpc.c"), Ruling.ALLOW, ""),
    (VPC % "", "locals {\n}", Ruling.ALLOW, ""),
    (SAFE, SAFE, Ruling.ALLOW, ""),
    (SAFE, DATABASE % "deletion_protection = false", Ruling.ASK, "deletion_protection"),
    (SAFE, DATABASE % "", Ruling.ASK, "deletion_protection"),
    (SAFE, SAFE.replace("= false", "= true"), Ruling.ASK, "skip_final_snapshot"),
    ("locals {\n}", SAFE.replace("= false", "= true"), Ruling.ALLOW, ""),
]


@pytest.mark.parametrize(("before", "after", "ruling", "word"), CHANGED)
def test_protection_is_compared_with_what_was_applied_last(
    before: str, after: str, ruling: Ruling, word: str
) -> None:
    found = guard.read({"main.tf": after.encode()}, RULES, {"old.tf": before.encode()})
    assert found.ruling is ruling, found
    assert any(word in f.message for f in found.findings) or not word


def test_a_workspace_may_let_a_resource_go() -> None:
    rules = GuardRules(releases=frozenset({"aws_vpc.b"}))
    found = guard.read({"main.tf": b"locals {\n}"}, rules, {"main.tf": KEPT.encode()})
    assert found.ruling is Ruling.ALLOW


def test_an_earlier_configuration_that_nobody_can_read_breaks_nothing() -> None:
    assert guard.read({"main.tf": b""}, RULES, {"main.tf": b"{{{"}).ruling is Ruling.ALLOW

# METADATA
# scope: package
# title: Nothing takes away a bucket's public access block
# description: >-
#   The four switches are the net under every later mistake with a policy or an access list.
# custom:
#   id: DH-AWS-S3-002
#   severity: high
#   level: soft-mandatory
#   unknown: asked about (warn)
#   remedy: >-
#     Set block_public_acls, block_public_policy, ignore_public_acls and restrict_public_buckets
#     to true.
#   checkov:
#     - CKV_AWS_53
#     - CKV_AWS_54
#     - CKV_AWS_55
#     - CKV_AWS_56
package dihedral.aws.s3_public_access_block

import data.dihedral.lib

switches := {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}

blocks := {"aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"}

deny contains lib.finding(r, sprintf("does not block: %s", [concat(", ", sort(left_open))])) if {
	some type in blocks
	some r in lib.changed[type]
	left_open := {name | some name in switches; lib.off(r, [name])}
	count(left_open) > 0
}

deny contains {"address": change.address, "msg": "the block on public access would go, while its bucket stays"} if {
	some change in input.plan.resource_changes
	change.type in blocks
	change.change.actions in [["delete"], ["forget"]]
	not bucket_goes(change)
}

bucket_goes(change) if change.change.before.bucket in going

going := {other.change.before.id |
	some other in input.plan.resource_changes
	other.type == "aws_s3_bucket"
	other.change.actions == ["delete"]
}

warn contains lib.finding(r, sprintf("only known after apply: %s", [concat(", ", sort(unsure))])) if {
	some type in blocks
	some r in lib.changed[type]
	unsure := {name | some name in switches; lib.unknown(r, [name])}
	count(unsure) > 0
}

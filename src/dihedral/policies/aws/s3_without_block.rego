# METADATA
# scope: package
# title: A bucket has its public access block
# description: >-
#   New buckets are closed by default; a block in the configuration keeps them so when somebody
#   changes the default.
# custom:
#   id: DH-AWS-S3-003
#   severity: medium
#   level: advisory
#   unknown: nothing is said where a block's bucket cannot be traced
#   remedy: Add an aws_s3_bucket_public_access_block with all four switches true.
#   checkov:
#     - CKV2_AWS_6
package dihedral.aws.s3_without_block

import data.dihedral.lib

blocks := "aws_s3_bucket_public_access_block"

traced := lib.pointed(blocks, "bucket")

named := lib.named(blocks, "bucket")

deny contains lib.finding(r, "has no public access block in this configuration") if {
	some r in lib.changed.aws_s3_bucket
	not lib.key(r) in traced
	not has_by_name(r)
	not loose
}

has_by_name(r) if lib.value(r, ["bucket"]) in named

loose if lib.loose(blocks, "bucket")

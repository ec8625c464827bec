# METADATA
# scope: package
# title: A bucket keeps earlier versions
# description: What is overwritten or deleted by mistake, or by a thief, can be had back.
# custom:
#   id: DH-AWS-S3-004
#   severity: low
#   level: advisory
#   unknown: nothing is said where it cannot be traced
#   remedy: >-
#     Add an aws_s3_bucket_versioning with status "Enabled", and a lifecycle rule that removes old
#     versions.
#   checkov:
#     - CKV_AWS_21
package dihedral.aws.s3_versioning

import data.dihedral.lib

traced := lib.targets_at(places, "bucket")

places := {lib.place(r) | some r in lib.standing.aws_s3_bucket_versioning; not stopped(r)}

named := {lib.value(r, ["bucket"]) | some r in lib.standing.aws_s3_bucket_versioning; not stopped(r)}

stopped(r) if {
	some block in lib.blocks(r, "versioning_configuration")
	block.status in {"Suspended", "Disabled"}
}

deny contains lib.finding(r, "keeps no earlier versions") if {
	some r in lib.changed.aws_s3_bucket
	not kept(r)
	not lib.key(r) in traced
	not has_by_name(r)
	not loose
}

kept(r) if {
	some block in lib.blocks(r, "versioning")
	block.enabled in lib.truths
}

has_by_name(r) if {
	name := lib.value(r, ["bucket"])
	is_string(name)
	name in named
}

loose if lib.loose("aws_s3_bucket_versioning", "bucket")

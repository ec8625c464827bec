# METADATA
# scope: package
# title: The account's trail sees every region and can be trusted
# description: Intruders work in the region that nobody watches, and then rewrite the log.
# custom:
#   id: DH-AWS-LOG-001
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Set is_multi_region_trail, enable_log_file_validation and enable_logging to true.
#   checkov:
#     - CKV_AWS_67
#     - CKV_AWS_36
#     - CKV_AWS_251
package dihedral.aws.trail

import data.dihedral.lib

wanted := {
	"is_multi_region_trail": "does not see every region",
	"enable_log_file_validation": "cannot show that its files are unchanged",
}

deny contains lib.finding(r, msg) if {
	some name, msg in wanted
	some r in lib.changed.aws_cloudtrail
	lib.off(r, [name])
}

deny contains lib.finding(r, "is turned off") if {
	some r in lib.changed.aws_cloudtrail
	lib.refused(r, ["enable_logging"])
}

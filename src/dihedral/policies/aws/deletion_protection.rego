# METADATA
# scope: package
# title: What holds data, or carries all traffic, cannot be deleted by mistake
# description: With deletion protection a destroy needs two changes, and the first one is seen.
# custom:
#   id: DH-AWS-DB-003
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: >-
#     Set deletion_protection (deletion_protection_enabled, enable_deletion_protection) to true.
#   checkov:
#     - CKV_AWS_293
#     - CKV_AWS_139
#     - CKV2_AWS_58
#     - CKV_AWS_150
package dihedral.aws.deletion_protection

import data.dihedral.lib

switch := {
	"aws_db_instance": "deletion_protection",
	"aws_rds_cluster": "deletion_protection",
	"aws_rds_global_cluster": "deletion_protection",
	"aws_docdb_cluster": "deletion_protection",
	"aws_neptune_cluster": "deletion_protection",
	"aws_dynamodb_table": "deletion_protection_enabled",
	"aws_lb": "enable_deletion_protection",
	"aws_alb": "enable_deletion_protection",
	"aws_networkfirewall_firewall": "delete_protection",
	"aws_qldb_ledger": "deletion_protection",
}

# Production asks; anything else is told.
deny contains lib.finding(r, "is for production and can be deleted at once") if {
	some type, name in switch
	some r in lib.changed[type]
	lib.off(r, [name])
	lib.production(r)
}

warn contains lib.finding(r, "can be deleted at once") if {
	some type, name in switch
	some r in lib.changed[type]
	lib.off(r, [name])
	not lib.production(r)
}

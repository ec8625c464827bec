# METADATA
# scope: package
# title: A database leaves a last snapshot behind
# description: After a destroy without one nothing is left to restore.
# custom:
#   id: DH-AWS-DB-004
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Set skip_final_snapshot to false and give final_snapshot_identifier.
package dihedral.aws.final_snapshot

import data.dihedral.lib

databases := {"aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster", "aws_redshift_cluster"}

deny contains lib.finding(r, "is for production and would go without a last snapshot") if {
	some type in databases
	some r in lib.changed[type]
	lib.on(r, ["skip_final_snapshot"])
	lib.production(r)
}

warn contains lib.finding(r, "would go without a last snapshot") if {
	some type in databases
	some r in lib.changed[type]
	lib.on(r, ["skip_final_snapshot"])
	not lib.production(r)
}

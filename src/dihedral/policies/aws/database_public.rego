# METADATA
# scope: package
# title: No database answers on the internet
# description: A database with a public address is one password, or one hole, away from everybody.
# custom:
#   id: DH-AWS-DB-001
#   severity: critical
#   level: hard-mandatory
#   unknown: asked about where the configuration sets it (warn)
#   remedy: Set publicly_accessible to false and come in from inside the network.
#   checkov:
#     - CKV_AWS_17
#     - CKV_AWS_87
#     - CKV_AWS_89
#     - CKV_AWS_69
#     - CKV_AWS_102
package dihedral.aws.database_public

import data.dihedral.lib

databases := {
	"aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance", "aws_redshift_cluster", "aws_neptune_cluster_instance",
	"aws_redshiftserverless_workgroup", "aws_dms_replication_instance", "aws_mq_broker", "aws_docdb_cluster_instance",
}

deny contains lib.finding(r, "has a public address") if {
	some type in databases
	some r in lib.changed[type]
	lib.on(r, ["publicly_accessible"])
}

deny contains lib.finding(r, "its brokers have public addresses") if {
	some r in lib.changed.aws_msk_cluster
	some nodes in lib.blocks(r, "broker_node_group_info")
	some connectivity in lib.list(object.get(nodes, "connectivity_info", null))
	some access in lib.list(object.get(connectivity, "public_access", null))
	access.type == "SERVICE_PROVIDED_EIPS"
}

warn contains lib.finding(r, "whether it has a public address is only known after apply") if {
	some type in databases
	some r in lib.changed[type]
	lib.unknown(r, ["publicly_accessible"])
	lib.block_of(r).expressions.publicly_accessible
}

# Older providers make it public when nothing is said.
warn contains lib.finding(r, "does not say that it is private; older providers make it public then") if {
	some r in lib.changed.aws_redshift_cluster
	not lib.refused(r, ["publicly_accessible"])
	not lib.on(r, ["publicly_accessible"])
	not lib.unknown(r, ["publicly_accessible"])
}

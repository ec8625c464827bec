# METADATA
# scope: package
# title: A database does not turn encrypted connections off
# description: Passwords and rows would cross the network in the clear.
# custom:
#   id: DH-AWS-DB-007
#   severity: high
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Take the parameter out, or set it to 1 (on, enabled).
#   checkov:
#     - CKV_AWS_105
#     - CKV_AWS_90
#     - CKV2_AWS_69
package dihedral.aws.database_tls

import data.dihedral.lib

groups := {
	"aws_db_parameter_group", "aws_rds_cluster_parameter_group", "aws_redshift_parameter_group",
	"aws_docdb_cluster_parameter_group", "aws_neptune_cluster_parameter_group",
}

forcing := {"rds.force_ssl", "require_secure_transport", "require_ssl", "tls", "neptune_enforce_ssl"}

deny contains lib.finding(r, sprintf("turns %s off", [name])) if {
	some type in groups
	some r in lib.changed[type]
	some parameter in lib.blocks(r, "parameter")
	name := lib.text(object.get(parameter, "name", ""))
	name in forcing
	lib.text(sprintf("%v", [object.get(parameter, "value", "")])) in {"0", "off", "false", "disabled"}
}

# METADATA
# scope: package
# title: Databases are encrypted on disk
# description: It costs nothing, and cannot be turned on later without making the database again.
# custom:
#   id: DH-AWS-DB-002
#   severity: high
#   level: soft-mandatory
#   unknown: mentioned (warn), since a copy takes it from its source
#   remedy: Set storage_encrypted (encrypted, server_side_encryption) to true.
#   checkov:
#     - CKV_AWS_16
#     - CKV_AWS_96
#     - CKV_AWS_44
#     - CKV_AWS_74
#     - CKV_AWS_64
#     - CKV_AWS_47
#     - CKV_AWS_279
package dihedral.aws.database_encryption

import data.dihedral.lib

switch := {
	"aws_db_instance": ["storage_encrypted"],
	"aws_rds_cluster": ["storage_encrypted"],
	"aws_rds_global_cluster": ["storage_encrypted"],
	"aws_docdb_cluster": ["storage_encrypted"],
	"aws_neptune_cluster": ["storage_encrypted"],
	"aws_neptune_cluster_snapshot": ["storage_encrypted"],
	"aws_redshift_cluster": ["encrypted"],
	"aws_dax_cluster": ["server_side_encryption", 0, "enabled"],
}

deny contains lib.finding(r, "is not encrypted on disk") if {
	some type, path in switch
	some r in lib.changed[type]
	lib.off(r, path)
	not inherits(r)
}

warn contains lib.finding(r, "does not say whether it is encrypted on disk") if {
	some type, path in switch
	some r in lib.changed[type]
	lib.unknown(r, path)
}

# A copy is encrypted as what it is a copy of; AWS takes no other word.
inherits(r) if {
	some name in {"replicate_source_db", "replication_source_identifier", "snapshot_identifier", "source_db_cluster_identifier", "global_cluster_identifier"}
	not lib.value(r, [name]) in {null, ""}
}

inherits(r) if {
	some name in {"replicate_source_db", "snapshot_identifier", "replication_source_identifier"}
	lib.unknown(r, [name])
	lib.block_of(r).expressions[name]
}

# METADATA
# scope: package
# title: What holds data is backed up
# description: A backup is the only answer to a wrong delete, a bad release and ransom.
# custom:
#   id: DH-AWS-DB-005
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said; AWS keeps a day or a week by default
#   remedy: >-
#     Set backup_retention_period (snapshot_retention_limit, point_in_time_recovery) to what the
#     data is worth.
#   checkov:
#     - CKV_AWS_133
#     - CKV_AWS_343
#     - CKV_AWS_361
#     - CKV_AWS_134
#     - CKV_AWS_28
package dihedral.aws.backups

import data.dihedral.lib

days := {
	"aws_db_instance": "backup_retention_period",
	"aws_rds_cluster": "backup_retention_period",
	"aws_docdb_cluster": "backup_retention_period",
	"aws_neptune_cluster": "backup_retention_period",
	"aws_redshift_cluster": "automated_snapshot_retention_period",
}

deny contains lib.finding(r, "automatic backups are turned off") if {
	some type, name in days
	some r in lib.changed[type]
	lib.number(lib.value(r, [name])) == 0
	not replica(r)
}

warn contains lib.finding(r, "does not say for how many days backups are kept") if {
	some r in lib.changed.aws_db_instance
	lib.value(r, ["backup_retention_period"]) == null
	not replica(r)
	not coming(r)
}

warn contains lib.finding(r, "has no snapshots") if {
	some type in {"aws_elasticache_replication_group", "aws_elasticache_cluster"}
	some r in lib.changed[type]
	object.get(r.change.after, "engine", "") != "memcached"
	object.get(r.change.after, "replication_group_id", null) == null
	no_snapshots(r)
}

no_snapshots(r) if lib.number(lib.value(r, ["snapshot_retention_limit"])) == 0

no_snapshots(r) if {
	lib.value(r, ["snapshot_retention_limit"]) == null
	not lib.unknown(r, ["snapshot_retention_limit"])
}

deny contains lib.finding(r, "is for production and cannot be set back to an earlier time") if {
	some r in lib.changed.aws_dynamodb_table
	no_recovery(r)
	lib.production(r)
}

warn contains lib.finding(r, "cannot be set back to an earlier time") if {
	some r in lib.changed.aws_dynamodb_table
	no_recovery(r)
	not lib.production(r)
}

no_recovery(r) if lib.left_off(r, ["point_in_time_recovery", 0, "enabled"])

coming(r) if {
	lib.unknown(r, ["backup_retention_period"])
	not lib.unsaid(r, "backup_retention_period")
}

replica(r) if not lib.value(r, ["replicate_source_db"]) in {null, ""}

replica(r) if lib.unknown(r, ["replicate_source_db"])

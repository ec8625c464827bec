# METADATA
# scope: package
# title: A destroy does not empty what it destroys
# description: >-
#   With force_destroy a bucket goes together with all objects in it, and a secret at once with no
#   way back.
# custom:
#   id: DH-AWS-DB-006
#   severity: medium
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Set force_destroy (force_delete) to false, and recovery_window_in_days to 7 or more.
package dihedral.aws.force_destroy

import data.dihedral.lib

switch := {
	"aws_s3_bucket": "force_destroy",
	"aws_s3_directory_bucket": "force_destroy",
	"aws_ecr_repository": "force_delete",
	"aws_route53_zone": "force_destroy",
	"aws_backup_vault": "force_destroy",
}

deny contains lib.finding(r, "is for production and would go with all that it holds") if {
	some type, name in switch
	some r in lib.changed[type]
	lib.on(r, [name])
	lib.production(r)
}

warn contains lib.finding(r, "would go with all that it holds") if {
	some type, name in switch
	some r in lib.changed[type]
	lib.on(r, [name])
	not lib.production(r)
}

deny contains lib.finding(r, "is for production and could not be had back once deleted") if {
	some r in lib.changed.aws_secretsmanager_secret
	at_once(r)
	lib.production(r)
}

warn contains lib.finding(r, "could not be had back once deleted") if {
	some r in lib.changed.aws_secretsmanager_secret
	at_once(r)
	not lib.production(r)
}

at_once(r) if lib.number(lib.value(r, ["recovery_window_in_days"])) == 0

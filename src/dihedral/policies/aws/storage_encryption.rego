# METADATA
# scope: package
# title: File systems, streams, queues, caches and indexes are encrypted on disk
# description: >-
#   For these it is a switch that costs nothing, and mostly one that cannot be turned on later.
# custom:
#   id: DH-AWS-ENC-001
#   severity: high
#   level: soft-mandatory
#   unknown: nothing is said
#   remedy: Turn the encryption on that the message names.
#   checkov:
#     - CKV_AWS_42
#     - CKV_AWS_27
#     - CKV_AWS_29
#     - CKV_AWS_5
#     - CKV_AWS_43
#     - CKV_AWS_82
package dihedral.aws.storage_encryption

import data.dihedral.lib

switch := {
	"aws_efs_file_system": ["encrypted"],
	"aws_elasticache_replication_group": ["at_rest_encryption_enabled"],
	"aws_elasticsearch_domain": ["encrypt_at_rest", 0, "enabled"],
	"aws_opensearch_domain": ["encrypt_at_rest", 0, "enabled"],
}

deny contains lib.finding(r, "is not encrypted on disk") if {
	some type, path in switch
	some r in lib.changed[type]
	lib.left_off(r, path)
}

deny contains lib.finding(r, "its messages are not encrypted") if {
	some r in lib.changed.aws_sqs_queue
	lib.refused(r, ["sqs_managed_sse_enabled"])
	empty(lib.value(r, ["kms_master_key_id"]))
	not lib.unknown(r, ["kms_master_key_id"])
}

deny contains lib.finding(r, "its records are not encrypted") if {
	some r in lib.changed.aws_kinesis_stream
	lib.text(lib.value(r, ["encryption_type"])) in {"", "none"}
	not lib.unknown(r, ["encryption_type"])
}

empty(x) if x in {null, ""}

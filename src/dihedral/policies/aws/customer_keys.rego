# METADATA
# scope: package
# title: Keys of your own where you ask for them
# description: >-
#   With a key of its own, access can be cut and every use is written down; it also costs and must
#   be looked after, so you name the types.
# custom:
#   id: DH-AWS-ENC-003
#   severity: medium
#   level: soft-mandatory
#   unknown: a key that is only known after apply is a key
#   remedy: >-
#     Give the resource a KMS key, or take its type out of settings.own_keys. An empty list
#     enforces nothing.
#   checkov:
#     - CKV_AWS_158
#     - CKV_AWS_26
#     - CKV_AWS_119
#     - CKV_AWS_136
#     - CKV_AWS_149
#     - CKV_AWS_189
#     - CKV_AWS_35
package dihedral.aws.customer_keys

import data.dihedral.lib

key := {
	"aws_cloudwatch_log_group": ["kms_key_id"],
	"aws_sns_topic": ["kms_master_key_id"],
	"aws_sqs_queue": ["kms_master_key_id"],
	"aws_dynamodb_table": ["server_side_encryption", 0, "kms_key_arn"],
	"aws_ecr_repository": ["encryption_configuration", 0, "kms_key"],
	"aws_secretsmanager_secret": ["kms_key_id"],
	"aws_ebs_volume": ["kms_key_id"],
	"aws_cloudtrail": ["kms_key_id"],
	"aws_db_instance": ["kms_key_id"],
	"aws_rds_cluster": ["kms_key_id"],
	"aws_efs_file_system": ["kms_key_id"],
	"aws_kinesis_stream": ["kms_key_id"],
}

deny contains lib.finding(r, "has no key of your own") if {
	some type in lib.setting("own_keys")
	path := key[type]
	some r in lib.changed[type]
	lib.value(r, path) in {null, ""}
	not keyed(r, path)
}

# Computed and left out is not a key; computed and written is one.
keyed(r, path) if {
	lib.unknown(r, path)
	lib.block_of(r).expressions[path[0]]
}

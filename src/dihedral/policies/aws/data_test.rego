package dihedral.aws.data_test

import data.dihedral.aws.backups
import data.dihedral.aws.customer_keys
import data.dihedral.aws.database_encryption
import data.dihedral.aws.database_public
import data.dihedral.aws.database_tls
import data.dihedral.aws.deletion_protection
import data.dihedral.aws.disk_encryption
import data.dihedral.aws.final_snapshot
import data.dihedral.aws.force_destroy
import data.dihedral.aws.storage_encryption
import data.dihedral.aws.transport_encryption
import data.dihedral.testing

live := {"production": ["production", "prod"]}

tagged(after, environment) := object.union(after, {"tags_all": {"Environment": environment}})

test_a_public_database_is_denied if {
	every type in ["aws_db_instance", "aws_rds_cluster_instance", "aws_redshift_cluster", "aws_mq_broker", "aws_dms_replication_instance"] {
		count(database_public.deny) == 1 with input as testing.one(type, {"publicly_accessible": true})
		count(database_public.deny) == 0 with input as testing.one(type, {"publicly_accessible": false})
	}
	count(database_public.deny) == 1 with input as testing.one("aws_msk_cluster", {"broker_node_group_info": [{"connectivity_info": [{"public_access": [{"type": "SERVICE_PROVIDED_EIPS"}]}]}]})
}

test_a_database_that_does_not_say_is_mentioned if {
	count(database_public.warn) == 1 with input as testing.one("aws_redshift_cluster", {})
	written := testing.block("aws_db_instance", "this", {"publicly_accessible": {"references": ["random_id.x.hex"]}})
	change := testing.unsure("aws_db_instance", "this", {}, {"publicly_accessible": true})
	count(database_public.warn) == 1 with input as testing.traced([change], [written])
}

test_a_database_in_the_clear_is_denied if {
	count(database_encryption.deny) == 1 with input as testing.one("aws_db_instance", {"storage_encrypted": false})
	count(database_encryption.deny) == 1 with input as testing.one("aws_redshift_cluster", {"encrypted": null})
	count(database_encryption.deny) == 1 with input as testing.one("aws_dax_cluster", {"server_side_encryption": []})
	count(database_encryption.deny) == 0 with input as testing.one("aws_db_instance", {"storage_encrypted": true})
	count(database_encryption.deny) == 0 with input as testing.one("aws_redshift_cluster", {"encrypted": "true"})
	count(database_encryption.deny) == 0 with input as testing.one("aws_dax_cluster", {"server_side_encryption": [{"enabled": true}]})
}

test_a_copy_takes_the_encryption_of_its_source if {
	count(database_encryption.deny) == 0 with input as testing.one("aws_db_instance", {"storage_encrypted": null, "snapshot_identifier": "s"})
	count(database_encryption.deny) == 1 with input as testing.one("aws_db_instance", {"storage_encrypted": null, "snapshot_identifier": ""})
}

test_encryption_that_is_unknown_is_mentioned if {
	change := testing.unsure("aws_rds_cluster", "this", {}, {"storage_encrypted": true})
	count(database_encryption.deny) == 0 with input as testing.plan([change])
	count(database_encryption.warn) == 1 with input as testing.plan([change])
}

test_production_is_protected_from_deletion if {
	open := {"deletion_protection": false}
	count(deletion_protection.deny) == 1 with input as testing.one("aws_db_instance", tagged(open, "Production")) with data.settings as live
	count(deletion_protection.deny) == 0 with input as testing.one("aws_db_instance", tagged(open, "staging")) with data.settings as live
	count(deletion_protection.warn) == 1 with input as testing.one("aws_db_instance", tagged(open, "staging")) with data.settings as live
	count(deletion_protection.deny) == 0 with input as testing.one("aws_db_instance", tagged({"deletion_protection": true}, "production")) with data.settings as live
}

test_production_leaves_a_snapshot if {
	skip := {"skip_final_snapshot": true}
	count(final_snapshot.deny) == 1 with input as testing.one("aws_rds_cluster", tagged(skip, "prod")) with data.settings as live
	count(final_snapshot.warn) == 1 with input as testing.one("aws_rds_cluster", skip) with data.settings as live
	count(final_snapshot.warn) == 0 with input as testing.one("aws_rds_cluster", {"skip_final_snapshot": false}) with data.settings as live
}

test_backups_that_are_off_are_denied if {
	count(backups.deny) == 1 with input as testing.one("aws_db_instance", {"backup_retention_period": 0})
	count(backups.deny) == 1 with input as testing.one("aws_redshift_cluster", {"automated_snapshot_retention_period": "0"})
	count(backups.deny) == 0 with input as testing.one("aws_db_instance", {"backup_retention_period": 7})
	count(backups.deny) == 0 with input as testing.one("aws_db_instance", {"backup_retention_period": 0, "replicate_source_db": "orders"})
}

test_backups_that_are_not_there_are_mentioned if {
	count(backups.warn) == 1 with input as testing.one("aws_db_instance", {})
	count(backups.warn) == 1 with input as testing.one("aws_elasticache_replication_group", {"engine": "valkey"})
	count(backups.warn) == 0 with input as testing.one("aws_elasticache_cluster", {"engine": "memcached"})
	count(backups.warn) == 1 with input as testing.one("aws_dynamodb_table", {"point_in_time_recovery": []})
	count(backups.warn) == 0 with input as testing.one("aws_dynamodb_table", {"point_in_time_recovery": [{"enabled": true}]})
	count(backups.deny) == 1 with input as testing.one("aws_dynamodb_table", tagged({"point_in_time_recovery": []}, "prod")) with data.settings as live
}

test_a_table_that_nobody_wrote_recovery_for_has_none if {
	change := testing.unsure("aws_dynamodb_table", "this", {}, {"point_in_time_recovery": true})
	count(backups.warn) == 1 with input as testing.traced([change], [testing.block("aws_dynamodb_table", "this", {})])
}

test_production_does_not_go_with_all_it_holds if {
	force := {"force_destroy": true}
	count(force_destroy.deny) == 1 with input as testing.one("aws_s3_bucket", tagged(force, "prod")) with data.settings as live
	count(force_destroy.warn) == 1 with input as testing.one("aws_s3_bucket", force) with data.settings as live
	count(force_destroy.warn) == 0 with input as testing.one("aws_s3_bucket", {"force_destroy": false}) with data.settings as live
	count(force_destroy.warn) == 1 with input as testing.one("aws_secretsmanager_secret", {"recovery_window_in_days": 0}) with data.settings as live
	count(force_destroy.deny) == 1 with input as testing.one("aws_secretsmanager_secret", tagged({"recovery_window_in_days": 0}, "prod")) with data.settings as live
}

test_tls_that_is_turned_off_is_denied if {
	off := {"parameter": [{"name": "rds.force_ssl", "value": "0"}]}
	count(database_tls.deny) == 1 with input as testing.one("aws_db_parameter_group", off)
	count(database_tls.deny) == 1 with input as testing.one("aws_docdb_cluster_parameter_group", {"parameter": [{"name": "TLS", "value": "Disabled"}]})
	count(database_tls.deny) == 0 with input as testing.one("aws_db_parameter_group", {"parameter": [{"name": "rds.force_ssl", "value": "1"}]})
}

test_a_disk_in_the_clear_is_denied if {
	count(disk_encryption.deny) == 1 with input as testing.one("aws_ebs_volume", {"encrypted": false})
	count(disk_encryption.deny) == 1 with input as testing.one("aws_instance", {"root_block_device": [{"encrypted": false}]})
	count(disk_encryption.deny) == 1 with input as testing.one("aws_instance", {"ebs_block_device": [{"encrypted": "false"}]})
	count(disk_encryption.deny) == 1 with input as testing.one("aws_launch_template", {"block_device_mappings": [{"ebs": [{"encrypted": "false"}]}]})
	count(disk_encryption.deny) == 0 with input as testing.one("aws_instance", {"root_block_device": [{"encrypted": true}]})
}

test_a_disk_that_does_not_say_is_mentioned if {
	count(disk_encryption.warn) == 1 with input as testing.one("aws_instance", {})
	count(disk_encryption.warn) == 1 with input as testing.plan([testing.unsure("aws_ebs_volume", "this", {}, {"encrypted": true})])
	count(disk_encryption.warn) == 0 with input as testing.one("aws_instance", {"root_block_device": [{"encrypted": true}]})
}

test_storage_in_the_clear_is_denied if {
	count(storage_encryption.deny) == 1 with input as testing.one("aws_efs_file_system", {"encrypted": null})
	count(storage_encryption.deny) == 1 with input as testing.one("aws_opensearch_domain", {"encrypt_at_rest": [{"enabled": false}]})
	count(storage_encryption.deny) == 1 with input as testing.one("aws_sqs_queue", {"sqs_managed_sse_enabled": false, "kms_master_key_id": null})
	count(storage_encryption.deny) == 1 with input as testing.one("aws_kinesis_stream", {"encryption_type": "NONE"})
}

test_storage_that_is_encrypted_passes if {
	count(storage_encryption.deny) == 0 with input as testing.one("aws_efs_file_system", {"encrypted": true})
	count(storage_encryption.deny) == 0 with input as testing.one("aws_elasticache_replication_group", {"at_rest_encryption_enabled": "true"})
	count(storage_encryption.deny) == 0 with input as testing.one("aws_sqs_queue", {"sqs_managed_sse_enabled": false, "kms_master_key_id": "alias/x"})
	count(storage_encryption.deny) == 0 with input as testing.one("aws_sqs_queue", {"sqs_managed_sse_enabled": null})
	count(storage_encryption.deny) == 0 with input as testing.one("aws_kinesis_stream", {"encryption_type": "KMS"})
}

test_talk_in_the_clear_is_denied if {
	count(transport_encryption.deny) == 1 with input as testing.one("aws_elasticache_replication_group", {"transit_encryption_enabled": false})
	count(transport_encryption.deny) == 1 with input as testing.one("aws_opensearch_domain", {"node_to_node_encryption": [{"enabled": true}], "domain_endpoint_options": [{"enforce_https": false, "tls_security_policy": "Policy-Min-TLS-1-2-2019-07"}]})
	count(transport_encryption.deny) == 1 with input as testing.one("aws_msk_cluster", {"encryption_info": [{"encryption_in_transit": [{"client_broker": "TLS_PLAINTEXT"}]}]})
	count(transport_encryption.deny) == 1 with input as testing.one("aws_ecs_task_definition", {"volume": [{"efs_volume_configuration": [{"transit_encryption": null}]}]})
}

test_talk_over_tls_passes if {
	count(transport_encryption.deny) == 0 with input as testing.one("aws_elasticache_replication_group", {"transit_encryption_enabled": true})
	good := {"node_to_node_encryption": [{"enabled": true}], "domain_endpoint_options": [{"enforce_https": true, "tls_security_policy": "Policy-Min-TLS-1-2-2019-07"}]}
	count(transport_encryption.deny | transport_encryption.warn) == 0 with input as testing.one("aws_opensearch_domain", good)
}

test_keys_of_your_own_are_asked_for_by_type if {
	own := {"own_keys": ["aws_cloudwatch_log_group"]}
	count(customer_keys.deny) == 1 with input as testing.one("aws_cloudwatch_log_group", {"kms_key_id": null}) with data.settings as own
	count(customer_keys.deny) == 0 with input as testing.one("aws_cloudwatch_log_group", {"kms_key_id": "arn:aws:kms:x"}) with data.settings as own
	count(customer_keys.deny) == 0 with input as testing.one("aws_cloudwatch_log_group", {"kms_key_id": null}) with data.settings as {"own_keys": []}
	made := testing.unsure("aws_cloudwatch_log_group", "this", {}, {"kms_key_id": true})
	count(customer_keys.deny) == 0 with input as testing.traced([made], [testing.block("aws_cloudwatch_log_group", "this", {"kms_key_id": {"references": ["aws_kms_key.k.arn"]}})]) with data.settings as own
}

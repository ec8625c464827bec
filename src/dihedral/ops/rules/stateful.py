"""Types whose instances hold data: what destroying one loses cannot be planned back.

Source  what each service stores, by its own documentation. A type that only refers to data (a
        subnet group, a policy, a lifecycle rule) is not here. Prefixes are for whole families.
"""

# fmt: off
TYPES = frozenset({
    # files and objects
    "aws_s3_bucket", "aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy",
    "aws_s3_directory_bucket", "aws_s3tables_table_bucket", "aws_s3tables_table",
    "aws_s3_access_grants_instance", "aws_s3outposts_bucket", "aws_s3control_bucket",
    "aws_glacier_vault", "aws_efs_file_system", "aws_fsx_lustre_file_system",
    "aws_fsx_ontap_file_system", "aws_fsx_ontap_volume", "aws_fsx_openzfs_file_system",
    "aws_fsx_openzfs_volume", "aws_fsx_windows_file_system", "aws_fsx_file_cache",
    "aws_storagegateway_cached_iscsi_volume", "aws_storagegateway_stored_iscsi_volume",
    "aws_codecommit_repository", "aws_ecr_repository", "aws_ecrpublic_repository",
    "aws_codeartifact_repository", "aws_codeartifact_domain",
    # disks, machines with disks, and copies of them
    "aws_ebs_volume", "aws_ebs_snapshot", "aws_ebs_snapshot_copy", "aws_ebs_snapshot_import",
    "aws_instance", "aws_ami", "aws_ami_copy", "aws_ami_from_instance", "aws_lightsail_instance",
    "aws_lightsail_disk", "aws_lightsail_database", "aws_lightsail_bucket",
    "aws_workspaces_workspace",
    # databases
    "aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance", "aws_rds_global_cluster",
    "aws_db_snapshot", "aws_db_cluster_snapshot", "aws_db_snapshot_copy",
    "aws_rds_cluster_snapshot_copy", "aws_dynamodb_table", "aws_dynamodb_global_table",
    "aws_dynamodb_table_item", "aws_dynamodb_table_replica", "aws_docdb_cluster",
    "aws_docdb_cluster_instance", "aws_docdb_cluster_snapshot", "aws_docdb_global_cluster",
    "aws_docdbelastic_cluster", "aws_neptune_cluster", "aws_neptune_cluster_instance",
    "aws_neptune_cluster_snapshot", "aws_neptune_global_cluster", "aws_neptunegraph_graph",
    "aws_keyspaces_table", "aws_keyspaces_keyspace", "aws_qldb_ledger", "aws_dsql_cluster",
    "aws_timestreamwrite_database", "aws_timestreamwrite_table",
    "aws_timestreaminfluxdb_db_instance", "aws_simpledb_domain",
    # caches and memory databases
    "aws_elasticache_cluster", "aws_elasticache_replication_group",
    "aws_elasticache_global_replication_group", "aws_elasticache_serverless_cache",
    "aws_memorydb_cluster", "aws_memorydb_snapshot", "aws_dax_cluster",
    # warehouses, search, analytics
    "aws_redshift_cluster", "aws_redshift_cluster_snapshot", "aws_redshiftserverless_namespace",
    "aws_redshiftserverless_snapshot", "aws_opensearch_domain", "aws_elasticsearch_domain",
    "aws_opensearchserverless_collection", "aws_cloudsearch_domain", "aws_athena_named_query",
    "aws_glue_catalog_database", "aws_glue_catalog_table", "aws_emr_cluster",
    "aws_kendra_index", "aws_bedrockagent_knowledge_base", "aws_sagemaker_notebook_instance",
    "aws_sagemaker_domain", "aws_sagemaker_feature_group", "aws_quicksight_data_set",
    # messages and streams
    "aws_sqs_queue", "aws_kinesis_stream", "aws_kinesis_video_stream", "aws_msk_cluster",
    "aws_msk_serverless_cluster", "aws_mq_broker", "aws_cloudwatch_event_archive",
    # logs, metrics and trails
    "aws_cloudwatch_log_group", "aws_cloudtrail_event_data_store", "aws_prometheus_workspace",
    "aws_grafana_workspace",
    # keys, secrets and identities: without the key, the data is gone as well
    "aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version", "aws_ssm_parameter", "aws_cloudhsm_v2_cluster",
    "aws_acmpca_certificate_authority", "aws_cognito_user_pool", "aws_cognito_user",
    "aws_directory_service_directory", "aws_identitystore_user", "aws_identitystore_group",
    # names that others know, and backups
    "aws_route53_zone", "aws_backup_vault", "aws_backup_logically_air_gapped_vault",
    "aws_dms_replication_instance", "aws_transfer_server", "aws_connect_instance",
    # other providers that often stand beside
    "local_file", "local_sensitive_file", "random_password", "tls_private_key",
    "kubernetes_persistent_volume", "kubernetes_persistent_volume_claim_v1",
    "kubernetes_persistent_volume_claim", "kubernetes_secret", "kubernetes_secret_v1",
    "kubernetes_namespace", "kubernetes_namespace_v1", "kubernetes_stateful_set_v1",
    "google_storage_bucket", "google_sql_database_instance", "google_sql_database",
    "google_compute_disk", "google_bigquery_dataset", "google_bigquery_table",
    "google_spanner_instance", "google_spanner_database", "google_bigtable_instance",
    "google_filestore_instance", "google_redis_instance", "google_kms_crypto_key",
    "google_secret_manager_secret", "google_pubsub_topic", "google_firestore_database",
    "azurerm_storage_account", "azurerm_storage_container", "azurerm_storage_blob",
    "azurerm_mssql_database", "azurerm_mssql_server", "azurerm_postgresql_flexible_server",
    "azurerm_mysql_flexible_server", "azurerm_cosmosdb_account", "azurerm_managed_disk",
    "azurerm_key_vault", "azurerm_key_vault_key", "azurerm_key_vault_secret", "azurerm_redis_cache",
})
# fmt: on

# Serves features to models, from a cache in front of a database.
resource "random_password" "database" {
  length = 32
}
resource "aws_db_instance" "features" {
  identifier                = "features-${var.environment}"
  engine                    = "postgres"
  engine_version            = "16.4"
  instance_class            = "db.t4g.small"
  allocated_storage         = 20
  username                  = "feast"
  password                  = random_password.database.result
  storage_encrypted         = true
  backup_retention_period   = 7
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "features-last"
}
resource "aws_elasticache_replication_group" "online" {
  replication_group_id       = "features-${var.environment}"
  description                = "online features"
  engine                     = "redis"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 1
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
}
resource "aws_s3_bucket" "registry" {
  bucket = "feature-registry-${var.environment}"
}

# PostgreSQL in a private network, encrypted, backed up; its password is made and kept by AWS, so no
# state or file ever holds it.

locals {
  production = var.environment == "production"

  # machine, GB at first, GB that it may grow to by itself
  sizes = {
    small  = { machine = "db.t4g.small", disk = 20, grows_to = 100 }
    medium = { machine = "db.m7g.large", disk = 100, grows_to = 500 }
    large  = { machine = "db.r7g.2xlarge", disk = 500, grows_to = 4000 }
  }
  size = local.sizes[var.size]

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "postgres"
  }
}

# Asked for alone it gets a private network of its own, without a way to the internet.
module "network" {
  count       = var.network == null ? 1 : 0
  source      = "../network"
  name        = var.name
  owner       = var.owner
  cost_center = var.cost_center
  environment = var.environment
  internet    = false
}

locals {
  network = var.network == null ? module.network[0] : var.network
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = local.network.private_subnet_ids
  tags       = local.tags
}

resource "aws_security_group" "this" {
  name        = "${var.name}-postgres"
  description = "PostgreSQL ${var.name}"
  vpc_id      = local.network.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-postgres" })
}

resource "aws_vpc_security_group_ingress_rule" "inside" {
  security_group_id = aws_security_group.this.id
  description       = "PostgreSQL from inside the network"
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
  cidr_ipv4         = local.network.cidr
}

resource "aws_kms_key" "this" {
  description             = "Data of the database ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = local.production ? 30 : 7
  tags                    = local.tags
}

resource "aws_db_parameter_group" "this" {
  name   = "${var.name}-postgres${var.engine_version}"
  family = "postgres${var.engine_version}"
  tags   = local.tags

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  # A new version of PostgreSQL brings a new group, which has to be there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = local.production ? 365 : 30
  tags              = local.tags
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = local.size.machine
  db_name        = "${replace(var.name, "-", "_")}_db"

  username                            = "dbadmin"
  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = local.size.disk
  max_allocated_storage = local.size.grows_to
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.this.arn

  multi_az               = local.production
  db_subnet_group_name   = aws_db_subnet_group.this.name
  parameter_group_name   = aws_db_parameter_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period   = var.backup_days
  backup_window             = "02:00-03:00"
  maintenance_window        = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = !local.production
  deletion_protection       = local.production
  skip_final_snapshot       = !local.production
  final_snapshot_identifier = local.production ? "${var.name}-last" : null

  auto_minor_version_upgrade      = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  performance_insights_enabled    = var.size != "small"
  performance_insights_kms_key_id = var.size != "small" ? aws_kms_key.this.arn : null

  tags = local.tags

  depends_on = [aws_cloudwatch_log_group.this]
}

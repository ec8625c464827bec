# Valkey, which speaks Redis: encrypted on disk and on the wire. Programs sign in with their IAM role,
# so there is no password to lose.

locals {
  production = var.environment == "production"

  sizes = {
    small  = { machine = "cache.t4g.small", copies = 1 }
    medium = { machine = "cache.m7g.large", copies = 2 }
    large  = { machine = "cache.r7g.xlarge", copies = 3 }
  }
  machine = local.sizes[var.size].machine
  copies  = max(local.sizes[var.size].copies, local.production ? 2 : 1)

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "cache"
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

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = local.network.private_subnet_ids
  tags       = local.tags
}

resource "aws_security_group" "this" {
  name        = "${var.name}-cache"
  description = "Cache ${var.name}"
  vpc_id      = local.network.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-cache" })
}

resource "aws_vpc_security_group_ingress_rule" "inside" {
  security_group_id = aws_security_group.this.id
  description       = "Valkey from inside the network"
  ip_protocol       = "tcp"
  from_port         = 6379
  to_port           = 6379
  cidr_ipv4         = local.network.cidr
}

resource "aws_elasticache_user" "program" {
  user_id       = "${var.name}-program"
  user_name     = "${var.name}-program"
  engine        = "valkey"
  access_string = "on ~* +@all -@dangerous"
  tags          = local.tags

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.program.user_id]
  tags          = local.tags
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = var.name
  description                = "Cache ${var.name}"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = local.machine
  num_cache_clusters         = local.copies
  automatic_failover_enabled = local.copies > 1
  multi_az_enabled           = local.copies > 1
  port                       = 6379

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = [aws_security_group.this.id]
  user_group_ids     = [aws_elasticache_user_group.this.user_group_id]

  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"

  snapshot_retention_limit   = var.backup_days
  snapshot_window            = "02:00-03:00"
  maintenance_window         = "sun:03:30-sun:04:30"
  auto_minor_version_upgrade = true
  tags                       = local.tags
}

# What a program that uses the cache needs, and no more.
data "aws_iam_policy_document" "user" {
  statement {
    actions   = ["elasticache:Connect"]
    resources = [aws_elasticache_replication_group.this.arn, aws_elasticache_user.program.arn]
  }
}

terraform {
  required_providers {
    aws    = { source = "hashicorp/aws" }
    random = { source = "hashicorp/random" }
  }
}

provider "aws" {
  region = "eu-central-1"
}

resource "random_password" "main" {
  length  = 24
  special = false
}

resource "aws_kms_key" "data" {
  description         = "orders at rest"
  enable_key_rotation = true
}

resource "aws_db_subnet_group" "orders" {
  name       = "orders"
  subnet_ids = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
}

resource "aws_db_parameter_group" "orders" {
  name   = "orders"
  family = "postgres16"
  parameter {
    name  = "log_min_duration_statement"
    value = "250"
  }
}

resource "aws_db_instance" "orders" {
  identifier              = "orders"
  engine                  = "postgres"
  instance_class          = "db.t4g.medium"
  allocated_storage       = 100
  storage_encrypted       = true
  kms_key_id              = aws_kms_key.data.arn
  db_subnet_group_name    = aws_db_subnet_group.orders.name
  parameter_group_name    = aws_db_parameter_group.orders.name
  username                = "orders"
  password                = random_password.main.result
  backup_retention_period = 14
  skip_final_snapshot     = true
}

output "url" {
  value     = "postgres://orders:${random_password.main.result}@${aws_db_instance.orders.endpoint}/orders"
  sensitive = true
}

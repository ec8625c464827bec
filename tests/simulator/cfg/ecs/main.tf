terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

resource "aws_ecs_cluster" "apps" {
  name = "apps"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecr_repository" "shop" {
  name                 = "shop"
  image_tag_mutability = "IMMUTABLE"
}

resource "aws_secretsmanager_secret" "shop" {
  name_prefix = "shop-"
}

resource "aws_secretsmanager_secret_version" "shop" {
  secret_id                = aws_secretsmanager_secret.shop.id
  secret_string_wo         = "never in the state"
  secret_string_wo_version = 1
}

ephemeral "aws_secretsmanager_secret_version" "shop" {
  secret_id = aws_secretsmanager_secret_version.shop.secret_id
}

resource "aws_ssm_parameter" "copy" {
  name             = "/shop/key"
  type             = "SecureString"
  value_wo         = ephemeral.aws_secretsmanager_secret_version.shop.secret_string
  value_wo_version = 1
}

resource "aws_ecs_task_definition" "shop" {
  family                   = "shop"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  container_definitions = jsonencode([{
    name         = "shop"
    image        = "${aws_ecr_repository.shop.repository_url}:1.4.2"
    essential    = true
    portMappings = [{ containerPort = 8080 }]
  }])
}

resource "aws_ecs_service" "shop" {
  name            = "shop"
  cluster         = aws_ecs_cluster.apps.id
  task_definition = aws_ecs_task_definition.shop.arn
  launch_type     = "FARGATE"
  desired_count   = 3
  network_configuration {
    subnets = ["subnet-0000000000000000a"]
  }
}

output "service" {
  value = provider::aws::arn_parse(aws_ecs_cluster.apps.arn).service
}

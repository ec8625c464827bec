# Collects traces and metrics of jobs, and shows them on a board.
resource "aws_iam_role" "collector" {
  name = "collector-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_cloudwatch_log_group" "collector" {
  name              = "/training/collector-${var.environment}"
  retention_in_days = 30
}
resource "aws_ecs_cluster" "collector" {
  name = "collector-${var.environment}"
}
resource "aws_ecs_task_definition" "collector" {
  family                   = "collector"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = aws_iam_role.collector.arn
  container_definitions = jsonencode([{
    name         = "collector"
    image        = "registry.example/otel/collector:0.120.0"
    portMappings = [{ containerPort = 4317 }]
    environment  = [for key, value in {} : { name = key, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.collector.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "collector"
      }
    }
  }])
}

resource "aws_ssm_parameter" "collector" {
  name  = "/training/collector"
  type  = "String"
  value = file("${path.module}/collector.yaml")
}
resource "aws_cloudwatch_dashboard" "training" {
  dashboard_name = "training-${var.environment}"
  dashboard_body = jsonencode({ widgets = [] })
}

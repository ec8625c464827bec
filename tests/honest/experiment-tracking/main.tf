# Keeps the runs of training jobs, on a file system that outlives them.
resource "aws_iam_role" "aim" {
  name = "aim-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_cloudwatch_log_group" "aim" {
  name              = "/training/aim-${var.environment}"
  retention_in_days = 30
}
resource "aws_ecs_cluster" "aim" {
  name = "aim-${var.environment}"
}
resource "aws_ecs_task_definition" "aim" {
  family                   = "aim"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = aws_iam_role.aim.arn
  container_definitions = jsonencode([{
    name         = "aim"
    image        = "registry.example/aimstack/aim:3.27.0"
    portMappings = [{ containerPort = 43800 }]
    environment  = [for key, value in {} : { name = key, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.aim.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "aim"
      }
    }
  }])
}

resource "aws_efs_file_system" "runs" {
  creation_token = "aim-runs"
  encrypted      = true
}

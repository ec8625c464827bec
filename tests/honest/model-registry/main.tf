# Keeps models and their metrics, with a database and a bucket behind.
resource "aws_iam_role" "mlflow" {
  name = "mlflow-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_cloudwatch_log_group" "mlflow" {
  name              = "/training/mlflow-${var.environment}"
  retention_in_days = 30
}
resource "aws_ecs_cluster" "mlflow" {
  name = "mlflow-${var.environment}"
}
resource "aws_ecs_task_definition" "mlflow" {
  family                   = "mlflow"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  execution_role_arn       = aws_iam_role.mlflow.arn
  container_definitions = jsonencode([{
    name         = "mlflow"
    image        = "registry.example/mlflow:2.20.0"
    portMappings = [{ containerPort = 5000 }]
    environment  = [for key, value in { MLFLOW_ARTIFACTS = "s3://${aws_s3_bucket.models.id}" } : { name = key, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.mlflow.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "mlflow"
      }
    }
  }])
}

resource "aws_s3_bucket" "models" {
  bucket = "models-${var.environment}"
}
resource "aws_s3_bucket_versioning" "models" {
  bucket = aws_s3_bucket.models.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "models" {
  bucket = aws_s3_bucket.models.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 90
    }
  }
}

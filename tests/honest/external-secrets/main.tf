# Keeps a login for the storage in a vault, that jobs read by their role.
resource "aws_iam_role" "reader" {
  name = "reader-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

variable "storage_password" {
  type      = string
  sensitive = true
  default   = null
}
resource "aws_kms_key" "secrets" {
  description         = "secrets of training jobs"
  enable_key_rotation = true
}
resource "aws_secretsmanager_secret" "storage" {
  name       = "training/storage-${var.environment}"
  kms_key_id = aws_kms_key.secrets.arn
}
resource "aws_secretsmanager_secret_version" "storage" {
  secret_id     = aws_secretsmanager_secret.storage.id
  secret_string = jsonencode({ user = "training", password = var.storage_password })
}
resource "aws_iam_role_policy" "read" {
  role = aws_iam_role.reader.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = aws_secretsmanager_secret.storage.arn }]
  })
}

# A place for a secret, never the secret itself: its owner fills it in, so that it is in no state and
# in no file.

locals {
  production = var.environment == "production"

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "secret"
  }
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "this" {
  description             = "The secret ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = local.production ? 30 : 7
  tags                    = local.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-secret"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_secretsmanager_secret" "this" {
  name                    = var.name
  description             = var.purpose
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = local.production ? 30 : 7
  tags                    = local.tags
}

data "aws_iam_policy_document" "secret" {
  statement {
    sid       = "NobodyOutside"
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_secretsmanager_secret_policy" "this" {
  secret_arn          = aws_secretsmanager_secret.this.arn
  policy              = data.aws_iam_policy_document.secret.json
  block_public_policy = true
}

# What a program that reads it needs, and no more.
data "aws_iam_policy_document" "reader" {
  statement {
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [aws_secretsmanager_secret.this.arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
  }
}

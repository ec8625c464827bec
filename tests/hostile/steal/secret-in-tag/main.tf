provider "aws" {
  region = "eu-central-1"
}
resource "random_password" "x" {
  length = 20
}
resource "aws_sqs_queue" "x" {
  name = "x"
  tags = { note = nonsensitive(random_password.x.result) }
}

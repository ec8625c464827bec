provider "aws" {
  region = "eu-central-1"
}
resource "aws_sqs_queue" "x" {
  name = "x"
  tags = { note = "\u001b[2J\u001b]0;all is well\u0007" }
}

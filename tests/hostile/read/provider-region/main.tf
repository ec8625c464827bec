provider "aws" {
  region = file("__KEY__")
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

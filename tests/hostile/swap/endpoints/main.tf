provider "aws" {
  region = "eu-central-1"
  endpoints {
    sts = "http://127.0.0.1:__PORT__"
    sqs = "http://127.0.0.1:__PORT__"
  }
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

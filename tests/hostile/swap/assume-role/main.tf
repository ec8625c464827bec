provider "aws" {
  region = "eu-central-1"
  assume_role {
    role_arn = "arn:aws:iam::999999999999:role/theirs"
  }
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

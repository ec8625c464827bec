provider "aws" {
  region                   = "eu-central-1"
  shared_credentials_files = ["/root/.aws/credentials"]
  profile                  = "admin"
}
resource "aws_sqs_queue" "x" {
  name = "x"
}

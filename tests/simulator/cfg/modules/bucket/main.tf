terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

data "aws_region" "here" {}

resource "aws_s3_bucket" "it" {
  bucket = var.name
}

resource "aws_s3_bucket_public_access_block" "it" {
  bucket              = aws_s3_bucket.it.id
  block_public_acls   = true
  block_public_policy = true
}

output "region" {
  value = "${data.aws_region.here.region} ${aws_s3_bucket.it.region}"
}

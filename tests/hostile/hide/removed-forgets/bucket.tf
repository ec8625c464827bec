removed {
  from = aws_s3_bucket_public_access_block.invoices
  lifecycle {
    destroy = false
  }
}
removed {
  from = aws_s3_bucket.invoices
  lifecycle {
    destroy = false
  }
}

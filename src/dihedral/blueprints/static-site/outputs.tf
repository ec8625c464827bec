output "address" {
  description = "Where the site is seen."
  value       = "https://${var.domain == null ? aws_cloudfront_distribution.this.domain_name : var.domain.name}"
}

output "bucket" {
  description = "Where its files go."
  value       = aws_s3_bucket.this.bucket
}

output "distribution_id" {
  description = "The distribution, to clear its cache after a release."
  value       = aws_cloudfront_distribution.this.id
}

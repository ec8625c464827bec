output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "key_arn" {
  description = "ARN of the key that encrypts it."
  value       = aws_kms_key.this.arn
}

output "user_policy_json" {
  description = "IAM policy for a program that reads and writes here."
  value       = data.aws_iam_policy_document.user.json
}

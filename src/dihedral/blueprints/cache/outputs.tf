output "endpoint" {
  description = "Host to write to and read from; TLS only."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "reader_endpoint" {
  description = "Host to read from."
  value       = aws_elasticache_replication_group.this.reader_endpoint_address
}

output "user" {
  description = "User that programs sign in as, with their IAM role."
  value       = aws_elasticache_user.program.user_name
}

output "user_policy_json" {
  description = "IAM policy for a program that uses the cache."
  value       = data.aws_iam_policy_document.user.json
}

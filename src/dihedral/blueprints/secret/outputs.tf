output "arn" {
  description = "ARN of the secret, to fill it in and to read it."
  value       = aws_secretsmanager_secret.this.arn
}

output "secret" {
  description = "Name of the secret."
  value       = aws_secretsmanager_secret.this.name
}

output "reader_policy_json" {
  description = "IAM policy for a program that reads it."
  value       = data.aws_iam_policy_document.reader.json
}

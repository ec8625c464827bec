output "table" {
  description = "Name of the table."
  value       = aws_dynamodb_table.this.name
}

output "arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "user_policy_json" {
  description = "IAM policy for a program that reads and writes here."
  value       = data.aws_iam_policy_document.user.json
}

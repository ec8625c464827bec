output "address" {
  description = "Where images are pushed to and pulled from."
  value       = aws_ecr_repository.this.repository_url
}

output "arn" {
  description = "ARN of the registry."
  value       = aws_ecr_repository.this.arn
}

output "pusher_policy_json" {
  description = "IAM policy for a pipeline that pushes."
  value       = data.aws_iam_policy_document.pusher.json
}

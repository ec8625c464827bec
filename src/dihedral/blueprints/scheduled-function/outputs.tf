output "function" {
  description = "Name of the function, to release code to."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role" {
  description = "Its IAM role, to give it rights."
  value       = aws_iam_role.function.name
}

output "lost_url" {
  description = "Where calls wait that failed for good."
  value       = aws_sqs_queue.lost.url
}

output "url" {
  description = "Where messages are sent and read."
  value       = aws_sqs_queue.this.url
}

output "arn" {
  description = "ARN of the queue."
  value       = aws_sqs_queue.this.arn
}

output "dead_letters_url" {
  description = "Where failed messages wait."
  value       = aws_sqs_queue.dead_letters.url
}

output "dead_letters_arn" {
  description = "ARN of the queue of failed messages."
  value       = aws_sqs_queue.dead_letters.arn
}

output "writer_policy_json" {
  description = "IAM policy for a program that sends."
  value       = data.aws_iam_policy_document.writer.json
}

output "reader_policy_json" {
  description = "IAM policy for a program that reads."
  value       = data.aws_iam_policy_document.reader.json
}

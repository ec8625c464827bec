output "log_group" {
  description = "Where lines are written."
  value       = aws_cloudwatch_log_group.this.name
}

output "alarm_arn" {
  description = "ARN of the alarm."
  value       = aws_cloudwatch_metric_alarm.trouble.arn
}

output "topic_arn" {
  description = "Topic that is told; more addresses can subscribe."
  value       = aws_sns_topic.this.arn
}

output "writer_policy_json" {
  description = "IAM policy for a program that writes here."
  value       = data.aws_iam_policy_document.writer.json
}

output "arn" {
  description = "ARN of the topic, to publish and to subscribe."
  value       = aws_sns_topic.this.arn
}

output "key_arn" {
  description = "ARN of the key that encrypts it."
  value       = aws_kms_key.this.arn
}

output "publisher_policy_json" {
  description = "IAM policy for a program that publishes."
  value       = data.aws_iam_policy_document.publisher.json
}

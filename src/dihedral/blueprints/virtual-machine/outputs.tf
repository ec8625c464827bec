output "id" {
  description = "The machine; `aws ssm start-session --target` opens a shell on it."
  value       = aws_instance.this.id
}

output "private_ip" {
  description = "Its address inside the network."
  value       = aws_instance.this.private_ip
}

output "role" {
  description = "Its IAM role, to give it more rights."
  value       = aws_iam_role.this.name
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

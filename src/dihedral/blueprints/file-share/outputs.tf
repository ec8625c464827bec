output "id" {
  description = "The share, to mount."
  value       = aws_efs_file_system.this.id
}

output "arn" {
  description = "ARN of the share."
  value       = aws_efs_file_system.this.arn
}

output "access_point_arn" {
  description = "Way in, for containers and functions."
  value       = aws_efs_access_point.this.arn
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

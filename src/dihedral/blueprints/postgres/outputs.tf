output "endpoint" {
  description = "Host and port of the database."
  value       = aws_db_instance.this.endpoint
}

output "database" {
  description = "Name of the database in it."
  value       = aws_db_instance.this.db_name
}

output "arn" {
  description = "ARN of the database."
  value       = aws_db_instance.this.arn
}

output "secret_arn" {
  description = "Secret that holds the user and the password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

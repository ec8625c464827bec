output "address" {
  description = "Where the service answers; from inside the network only without a certificate."
  value       = "${local.public ? "https" : "http"}://${aws_lb.this.dns_name}"
}

output "cluster" {
  description = "Name of the cluster, for deployments."
  value       = aws_ecs_cluster.this.name
}

output "service" {
  description = "Name of the service, for deployments."
  value       = aws_ecs_service.this.name
}

output "role" {
  description = "IAM role of the program, to give it rights."
  value       = aws_iam_role.program.name
}

output "security_group_id" {
  description = "Security group of the containers."
  value       = aws_security_group.container.id
}

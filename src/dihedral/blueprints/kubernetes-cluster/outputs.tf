output "cluster" {
  description = "Name of the cluster; `aws eks update-kubeconfig --name` lets kubectl in."
  value       = aws_eks_cluster.this.name
}

output "endpoint" {
  description = "Where its API answers."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate" {
  description = "The certificate to know it by."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "node_role" {
  description = "IAM role of the machines."
  value       = aws_iam_role.node.name
}

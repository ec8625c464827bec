output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its addresses."
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "Subnets that are not reached from outside, one a zone."
  value       = aws_subnet.private[*].id
}

output "public_subnet_ids" {
  description = "Subnets for load balancers, one a zone; empty without internet."
  value       = aws_subnet.public[*].id
}

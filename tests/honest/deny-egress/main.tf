# Lets training jobs reach the storage and a name server, and nothing else.
resource "aws_vpc" "training" {
  cidr_block           = "10.20.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_security_group" "jobs" {
  name        = "jobs-${var.environment}"
  description = "Training jobs"
  vpc_id      = aws_vpc.training.id
}
resource "aws_vpc_security_group_egress_rule" "inside" {
  for_each          = { dns = 53, storage = 443 }
  security_group_id = aws_security_group.jobs.id
  description       = each.key
  from_port         = each.value
  to_port           = each.value
  ip_protocol       = each.key == "dns" ? "udp" : "tcp"
  cidr_ipv4         = aws_vpc.training.cidr_block
}
resource "aws_vpc_endpoint" "storage" {
  vpc_id       = aws_vpc.training.id
  service_name = "com.amazonaws.${var.region}.s3"
}

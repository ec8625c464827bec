provider "aws" {
  region = "eu-central-1"
}
resource "aws_security_group" "x" {
  name = "db"
  ingress {
    from_port        = 5432
    to_port          = 5432
    protocol         = "tcp"
    ipv6_cidr_blocks = ["::/0"]
  }
}

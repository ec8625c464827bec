terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-west-2"
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["al2023-ami-*-arm64"]
  }
  filter {
    name   = "architecture"
    values = ["arm64"]
  }
}

data "aws_caller_identity" "me" {}

resource "aws_iam_role" "box" {
  name_prefix = "box-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_instance_profile" "box" {
  name = "box"
  role = aws_iam_role.box.name
}

resource "aws_instance" "box" {
  count                = 2
  ami                  = data.aws_ami.linux.id
  instance_type        = "t4g.small"
  iam_instance_profile = aws_iam_instance_profile.box.name
  root_block_device {
    volume_size = 40
    encrypted   = true
  }
  tags = { Name = "box-${count.index}", Account = data.aws_caller_identity.me.account_id }
}

resource "aws_ebs_volume" "spare" {
  availability_zone = aws_instance.box[0].availability_zone
  size              = 200
  type              = "gp3"
}

resource "aws_eip" "front" {
  domain   = "vpc"
  instance = aws_instance.box[0].id
}

output "addresses" {
  value = aws_instance.box[*].private_ip
}

# Starts machines on which containers run under a kernel of their own.
resource "aws_iam_role" "node" {
  name = "node-${var.environment}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

data "aws_ami" "node" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["amazon-eks-node-*"]
  }
}
resource "aws_launch_template" "gvisor" {
  name_prefix = "gvisor-"
  image_id    = data.aws_ami.node.id
  user_data   = base64encode(file("${path.module}/runsc.sh"))
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

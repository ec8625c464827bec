terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
    tls = { source = "hashicorp/tls" }
  }
}

provider "aws" {
  region = "us-east-1"
}

locals {
  subnets = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["eks", "ec2"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "part" {
  for_each           = data.aws_iam_policy_document.trust
  name               = "research-${each.key}"
  assume_role_policy = each.value.json
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"])
  role       = aws_iam_role.part["ec2"].name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_eks_cluster" "research" {
  name     = "research"
  role_arn = aws_iam_role.part["eks"].arn
  version  = "1.33"
  vpc_config {
    subnet_ids = local.subnets
  }
}

resource "aws_eks_node_group" "pool" {
  for_each = {
    cpu = { type = "m7i.large", ami = "AL2023_x86_64_STANDARD", most = 6 }
    gpu = { type = "g6.2xlarge", ami = "AL2023_x86_64_NVIDIA", most = 2 }
  }
  cluster_name    = aws_eks_cluster.research.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.part["ec2"].arn
  subnet_ids      = local.subnets
  instance_types  = [each.value.type]
  ami_type        = each.value.ami
  scaling_config {
    min_size     = 0
    desired_size = 1
    max_size     = each.value.most
  }
  dynamic "taint" {
    for_each = each.key == "gpu" ? ["gpu"] : []
    content {
      key    = "nvidia.com/gpu"
      value  = "present"
      effect = "NO_SCHEDULE"
    }
  }
  depends_on = [aws_iam_role_policy_attachment.node]
}

resource "aws_iam_openid_connect_provider" "research" {
  url             = aws_eks_cluster.research.identity[0].oidc[0].issuer
  client_id_list  = ["sts.amazonaws.com"]
}

resource "aws_eks_addon" "dns" {
  cluster_name = aws_eks_cluster.research.name
  addon_name   = "coredns"
}

output "authority" {
  value = base64decode(aws_eks_cluster.research.certificate_authority[0].data)
}

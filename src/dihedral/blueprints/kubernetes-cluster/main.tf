# Kubernetes with machines for everyday work and machines with a GPU, which start at none and keep
# other work away. A cluster autoscaler and NVIDIA's device plugin are charts inside the cluster and
# come with the other charts; until then the machines with a GPU are started by hand.

locals {
  production = var.environment == "production"

  sizes = {
    small  = { machine = "m7i.large", gpu = "g6.xlarge", most = 5 }
    medium = { machine = "m7i.xlarge", gpu = "g6.2xlarge", most = 20 }
    large  = { machine = "m7i.4xlarge", gpu = "g6e.4xlarge", most = 100 }
  }
  size = local.sizes[var.size]

  groups = merge(
    {
      cpu = { machine = local.size.machine, image = "AL2023_x86_64_STANDARD", disk = 50, least = var.nodes, most = max(local.size.most, var.nodes) }
    },
    var.gpu_nodes == 0 ? {} : {
      gpu = { machine = local.size.gpu, image = "AL2023_x86_64_NVIDIA", disk = 100, least = 0, most = var.gpu_nodes }
    },
  )

  node_policies = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"]

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "kubernetes-cluster"
  }
}

data "aws_partition" "current" {}
data "aws_region" "current" {}

# Asked for alone it gets a private network of its own.
module "network" {
  count       = var.network == null ? 1 : 0
  source      = "../network"
  name        = var.name
  owner       = var.owner
  cost_center = var.cost_center
  environment = var.environment
}

locals {
  network = var.network == null ? module.network[0] : var.network
}

resource "aws_kms_key" "this" {
  description             = "Secrets of the cluster ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = local.production ? 30 : 7
  tags                    = local.tags
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = local.production ? 365 : 30
  tags              = local.tags
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

resource "aws_iam_role" "cluster" {
  name               = "${var.name}-cluster-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.trust["eks"].json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role" "node" {
  name               = "${var.name}-node-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.trust["ec2"].json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each   = toset(local.node_policies)
  role       = aws_iam_role.node.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}

resource "aws_eks_cluster" "this" {
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = ["api", "audit", "authenticator"]
  bootstrap_self_managed_addons = false
  deletion_protection           = local.production
  tags                          = local.tags

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = true
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = aws_kms_key.this.arn
    }
  }

  vpc_config {
    subnet_ids              = local.network.private_subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.public_access_cidrs) > 0
    public_access_cidrs     = length(var.public_access_cidrs) > 0 ? var.public_access_cidrs : null
  }

  upgrade_policy {
    support_type = "STANDARD"
  }

  depends_on = [aws_iam_role_policy_attachment.cluster, aws_cloudwatch_log_group.this]
}

# The network of the pods has to be there before a machine can be ready; names need machines to run on.
resource "aws_eks_addon" "early" {
  for_each     = toset(["vpc-cni", "kube-proxy", "eks-pod-identity-agent"])
  cluster_name = aws_eks_cluster.this.name
  addon_name   = each.key
  tags         = local.tags
}

resource "aws_eks_addon" "late" {
  for_each     = toset(["coredns", "metrics-server"])
  cluster_name = aws_eks_cluster.this.name
  addon_name   = each.key
  tags         = local.tags

  depends_on = [aws_eks_node_group.this]
}

resource "aws_launch_template" "node" {
  for_each = local.groups
  name     = "${var.name}-${each.key}"
  tags     = local.tags

  # One hop: a pod cannot ask for the machine's own rights.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = each.value.disk
      encrypted             = "true"
      delete_on_termination = "true"
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = merge(local.tags, { Name = "${var.name}-${each.key}" })
  }
}

resource "aws_eks_node_group" "this" {
  for_each        = local.groups
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "${var.name}-${each.key}"
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = local.network.private_subnet_ids
  ami_type        = each.value.image
  instance_types  = [each.value.machine]
  labels          = { workload = each.key }
  tags            = local.tags

  launch_template {
    id      = aws_launch_template.node[each.key].id
    version = aws_launch_template.node[each.key].latest_version
  }

  scaling_config {
    min_size     = each.value.least
    desired_size = each.value.least
    max_size     = each.value.most
  }

  update_config {
    max_unavailable = 1
  }

  dynamic "taint" {
    for_each = each.key == "gpu" ? ["nvidia.com/gpu"] : []

    content {
      key    = taint.value
      value  = "true"
      effect = "NO_SCHEDULE"
    }
  }

  # How many run is not Terraform's business, but an autoscaler's or a person's.
  lifecycle {
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [aws_iam_role_policy_attachment.node, aws_eks_addon.early]
}

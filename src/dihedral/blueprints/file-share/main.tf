# Files that many machines mount at once (NFS), encrypted on disk and on the wire, backed up daily.

locals {
  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "file-share"
  }
}

# Asked for alone it gets a private network of its own, without a way to the internet.
module "network" {
  count       = var.network == null ? 1 : 0
  source      = "../network"
  name        = var.name
  owner       = var.owner
  cost_center = var.cost_center
  environment = var.environment
  internet    = false
}

locals {
  network = var.network == null ? module.network[0] : var.network
}

resource "aws_efs_file_system" "this" {
  creation_token   = var.name
  encrypted        = true
  performance_mode = "generalPurpose"
  throughput_mode  = "elastic"
  tags             = merge(local.tags, { Name = var.name })

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }

  lifecycle_policy {
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }

  protection {
    replication_overwrite = "ENABLED"
  }
}

resource "aws_efs_backup_policy" "this" {
  file_system_id = aws_efs_file_system.this.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-files"
  description = "File share ${var.name}"
  vpc_id      = local.network.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-files" })
}

resource "aws_vpc_security_group_ingress_rule" "inside" {
  security_group_id = aws_security_group.this.id
  description       = "NFS from inside the network"
  ip_protocol       = "tcp"
  from_port         = 2049
  to_port           = 2049
  cidr_ipv4         = local.network.cidr
}

resource "aws_efs_mount_target" "this" {
  count           = length(local.network.private_subnet_ids)
  file_system_id  = aws_efs_file_system.this.id
  subnet_id       = local.network.private_subnet_ids[count.index]
  security_groups = [aws_security_group.this.id]
}

# Each program enters below its own folder, as one user.
resource "aws_efs_access_point" "this" {
  file_system_id = aws_efs_file_system.this.id
  tags           = merge(local.tags, { Name = var.name })

  posix_user {
    uid = 1000
    gid = 1000
  }

  root_directory {
    path = "/${var.name}"

    creation_info {
      owner_uid   = 1000
      owner_gid   = 1000
      permissions = "0750"
    }
  }
}

data "aws_iam_policy_document" "share" {
  statement {
    sid       = "MountFromInside"
    actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    resources = [aws_efs_file_system.this.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "elasticfilesystem:AccessedViaMountTarget"
      values   = ["true"]
    }
  }

  statement {
    sid       = "DenyPlainNfs"
    effect    = "Deny"
    actions   = ["*"]
    resources = [aws_efs_file_system.this.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_efs_file_system_policy" "this" {
  file_system_id = aws_efs_file_system.this.id
  policy         = data.aws_iam_policy_document.share.json
}

# A Linux machine with no open port and no key to lose: people come in through Session Manager, which
# knows who they are and writes down what they did.

locals {
  production = var.environment == "production"
  machines   = { small = "t4g.small", medium = "m7g.large", large = "m7g.2xlarge" }

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "virtual-machine"
  }
}

data "aws_region" "current" {}

# The newest Amazon Linux 2023, as AWS publishes it.
data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

# Asked for alone it gets a private network of its own that reaches AWS's own services only.
module "network" {
  count       = var.network == null ? 1 : 0
  source      = "../network"
  name        = var.name
  owner       = var.owner
  cost_center = var.cost_center
  environment = var.environment
  internet    = false

  private_services = ["ssm", "ssmmessages", "ec2messages"]
}

locals {
  network = var.network == null ? module.network[0] : var.network
}

resource "aws_security_group" "this" {
  name        = "${var.name}-machine"
  description = "Machine ${var.name}: nothing comes in"
  vpc_id      = local.network.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-machine" })
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS, for Session Manager and packages"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-machine-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = aws_iam_role.this.name
  role = aws_iam_role.this.name
  tags = local.tags
}

resource "aws_instance" "this" {
  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = local.machines[var.size]
  subnet_id                   = local.network.private_subnet_ids[0]
  vpc_security_group_ids      = [aws_security_group.this.id]
  iam_instance_profile        = aws_iam_instance_profile.this.name
  associate_public_ip_address = false
  disable_api_termination     = local.production
  ebs_optimized               = true
  monitoring                  = local.production
  tags                        = merge(local.tags, { Name = var.name })
  volume_tags                 = merge(local.tags, { Name = var.name, Backup = var.name })

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = var.disk_gb
    encrypted   = true
  }

  # A newer image would replace the machine and its disk; that is to be asked for, not to happen.
  lifecycle {
    ignore_changes = [ami]
  }
}

data "aws_iam_policy_document" "backup_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["dlm.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name               = "${var.name}-backup-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "backup" {
  role       = aws_iam_role.backup.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"
}

resource "aws_dlm_lifecycle_policy" "backup" {
  description        = "Daily copies of the disk of ${var.name}"
  execution_role_arn = aws_iam_role.backup.arn
  state              = "ENABLED"
  tags               = local.tags

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Backup = var.name }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["02:00"]
      }

      retain_rule {
        count = var.backup_days
      }
    }
  }
}

# Containers without machines to look after, behind a load balancer. Plain HTTP never faces the
# internet: without a certificate the load balancer is an inner one.

locals {
  production = var.environment == "production"
  public     = var.certificate_arn != null
  sizes = {
    small  = { cpu = 256, memory = 512 }
    medium = { cpu = 1024, memory = 2048 }
    large  = { cpu = 4096, memory = 8192 }
  }
  copies = max(var.copies, local.production ? 2 : 1)

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "container-service"
  }
}

data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

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

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "Load balancer of ${var.name}"
  vpc_id      = local.network.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-balancer" })
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each          = toset(local.public ? ["80", "443"] : ["80"])
  security_group_id = aws_security_group.balancer.id
  description       = local.public ? "The internet; port 80 only sends on to 443" : "From inside the network"
  ip_protocol       = "tcp"
  from_port         = each.key
  to_port           = each.key
  cidr_ipv4         = local.public ? "0.0.0.0/0" : local.network.cidr
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "To the containers"
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = aws_security_group.container.id
}

resource "aws_security_group" "container" {
  name        = "${var.name}-container"
  description = "Containers of ${var.name}"
  vpc_id      = local.network.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-container" })
}

resource "aws_vpc_security_group_ingress_rule" "container" {
  security_group_id            = aws_security_group.container.id
  description                  = "From the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = aws_security_group.balancer.id
}

resource "aws_vpc_security_group_egress_rule" "container" {
  security_group_id = aws_security_group.container.id
  description       = "HTTPS, for images, logs and AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_lb" "this" {
  name                       = var.name
  internal                   = !local.public
  load_balancer_type         = "application"
  subnets                    = local.public ? local.network.public_subnet_ids : local.network.private_subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = local.production
  tags                       = local.tags
}

resource "aws_lb_target_group" "this" {
  name                 = var.name
  port                 = var.port
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = local.network.vpc_id
  deregistration_delay = 30
  tags                 = local.tags

  health_check {
    path                = var.health_path
    matcher             = "200"
    interval            = 15
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type             = local.public ? "redirect" : "forward"
    target_group_arn = local.public ? null : aws_lb_target_group.this.arn

    dynamic "redirect" {
      for_each = local.public ? [1] : []

      content {
        port        = "443"
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count             = local.public ? 1 : 0
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = local.production ? 365 : 30
  tags              = local.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

# To start a container: fetch its image, open its log.
resource "aws_iam_role" "start" {
  name               = "${var.name}-start-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = local.tags
}

data "aws_iam_policy_document" "start" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:${data.aws_partition.current.partition}:ecr:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:repository/*"]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }
}

resource "aws_iam_role_policy" "start" {
  name   = "start-containers"
  role   = aws_iam_role.start.id
  policy = data.aws_iam_policy_document.start.json
}

# What the program itself may do: nothing, until somebody gives it more.
resource "aws_iam_role" "program" {
  name               = "${var.name}-program-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = local.tags
}

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = local.sizes[var.size].cpu
  memory                   = local.sizes[var.size].memory
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.program.arn
  tags                     = local.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  container_definitions = jsonencode([{
    name         = var.name
    image        = var.image
    essential    = true
    portMappings = [{ containerPort = var.port, protocol = "tcp" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = var.name
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = local.copies
  launch_type                        = "FARGATE"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  propagate_tags                     = "SERVICE"
  tags                               = local.tags

  network_configuration {
    subnets          = local.network.private_subnet_ids
    security_groups  = [aws_security_group.container.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = var.name
    container_port   = var.port
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # The number of containers is the autoscaler's from the first day.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_iam_role_policy.start]
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = local.copies
  max_capacity       = local.copies * 4
  tags               = local.tags
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

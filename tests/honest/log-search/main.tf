# Ships the logs of a cluster into a search domain of its own.
resource "aws_opensearch_domain" "logs" {
  domain_name    = "logs-${var.environment}"
  engine_version = "OpenSearch_2.13"
  cluster_config {
    instance_type  = "t3.small.search"
    instance_count = 1
  }
  ebs_options {
    ebs_enabled = true
    volume_size = 20
  }
  encrypt_at_rest {
    enabled = true
  }
  node_to_node_encryption {
    enabled = true
  }
}
resource "aws_cloudwatch_log_group" "shipper" {
  name              = "/training/shipper"
  retention_in_days = 14
}
locals {
  shipper = templatefile("${path.module}/fluentd.conf.tftpl", { region = var.region, index = "training" })
}
resource "aws_ssm_parameter" "shipper" {
  name  = "/training/fluentd"
  type  = "String"
  value = local.shipper
}

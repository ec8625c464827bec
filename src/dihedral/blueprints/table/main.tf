# Items by key, paid by the request, restorable to any second of the last 35 days.

locals {
  production = var.environment == "production"

  # Requests a second at most, so that a runaway loop does not run up a bill; large has no limit.
  limits = { small = [100], medium = [2000], large = [] }

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "table"
  }
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.partition_key
  range_key                   = var.sort_key
  deletion_protection_enabled = local.production
  tags                        = local.tags

  dynamic "attribute" {
    for_each = compact([var.partition_key, var.sort_key])

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "on_demand_throughput" {
    for_each = local.limits[var.size]

    content {
      max_read_request_units  = on_demand_throughput.value
      max_write_request_units = on_demand_throughput.value
    }
  }

  server_side_encryption {
    enabled = true
  }

  point_in_time_recovery {
    enabled = true
  }

  # An item with this attribute, in seconds since 1970, is deleted soon after.
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
}

# What a program that reads and writes here needs, and no more.
data "aws_iam_policy_document" "user" {
  statement {
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeTable",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
    ]
    resources = [aws_dynamodb_table.this.arn]
  }
}

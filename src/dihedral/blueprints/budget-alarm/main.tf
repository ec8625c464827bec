# A mail when the month's bill comes near the limit, passes it, or is going to. It stops nothing.

locals {
  warnings = {
    near     = { percent = 80, kind = "ACTUAL" }
    over     = { percent = 100, kind = "ACTUAL" }
    expected = { percent = 100, kind = "FORECASTED" }
  }

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "budget-alarm"
  }
}

resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.amount)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = local.tags

  dynamic "cost_filter" {
    for_each = var.tagged == null ? [] : [var.tagged]

    content {
      name   = "TagKeyValue"
      values = [format("user:CostCenter$%s", cost_filter.value)]
    }
  }

  dynamic "notification" {
    for_each = local.warnings

    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.value.kind
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = [var.email]
    }
  }
}

# An address that runs code at each call, without a machine that waits for it.

locals {
  production = var.environment == "production"
  memory     = { small = 256, medium = 1024, large = 3008 }

  tags = {
    Owner       = var.owner
    CostCenter  = var.cost_center
    Environment = var.environment
    Blueprint   = "http-api"
  }
}

data "aws_region" "current" {}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = local.production ? 365 : 30
  tags              = local.tags
}

data "aws_iam_policy_document" "function_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "function" {
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  statement {
    sid       = "Trace"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "function" {
  name               = "${var.name}-function-${data.aws_region.current.region}"
  assume_role_policy = data.aws_iam_policy_document.function_trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy" "function" {
  name   = "log-and-trace"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  role             = aws_iam_role.function.arn
  runtime          = "python3.13"
  architectures    = ["arm64"]
  handler          = "main.handle"
  filename         = "${path.module}/placeholder.zip"
  source_code_hash = filebase64sha256("${path.module}/placeholder.zip")
  memory_size      = local.memory[var.size]
  timeout          = var.timeout_seconds
  tags             = local.tags

  tracing_config {
    mode = "Active"
  }

  # The code is released by its own pipeline; this module makes only the place for it.
  lifecycle {
    ignore_changes = [filename, source_code_hash, handler, runtime]
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  protocol_type = "HTTP"
  tags          = local.tags
}

resource "aws_apigatewayv2_integration" "this" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.this.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "$default"
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
  authorization_type = var.public ? "NONE" : "AWS_IAM"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/http-api/${var.name}"
  retention_in_days = local.production ? 365 : 30
  tags              = local.tags
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true
  tags        = local.tags

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      request = "$context.requestId"
      time    = "$context.requestTime"
      method  = "$context.httpMethod"
      path    = "$context.path"
      status  = "$context.status"
      address = "$context.identity.sourceIp"
    })
  }

  default_route_settings {
    throttling_rate_limit  = var.requests_per_second
    throttling_burst_limit = var.requests_per_second * 2
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "CalledByApi"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*"
}

# What a caller needs when the address is not public.
data "aws_iam_policy_document" "caller" {
  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_apigatewayv2_api.this.execution_arn}/*"]
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The function ${var.name} failed."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
  tags                = local.tags
}

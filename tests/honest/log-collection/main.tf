# Takes log lines of training jobs and keeps them where they can be searched.
resource "aws_cloudwatch_log_group" "training" {
  name              = "/training/${var.environment}"
  retention_in_days = 90
}
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  pattern        = "{ $.level = \"error\" }"
  log_group_name = aws_cloudwatch_log_group.training.name
  metric_transformation {
    name      = "TrainingErrors"
    namespace = "Training"
    value     = "1"
  }
}
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "training-errors-${var.environment}"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "TrainingErrors"
  namespace           = "Training"
  period              = 300
  statistic           = "Sum"
  threshold           = 10
}

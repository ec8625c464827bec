removed {
  from = aws_dynamodb_table.orders
  lifecycle {
    destroy = true
  }
}

moved {
  from = aws_dynamodb_table.orders
  to   = aws_dynamodb_table.archive
}

moved {
  from = aws_dynamodb_table.orders
  to   = aws_dynamodb_table.a
}
moved {
  from = aws_dynamodb_table.a
  to   = aws_dynamodb_table.b
}
moved {
  from = aws_dynamodb_table.b
  to   = module.audit.aws_dynamodb_table.c
}

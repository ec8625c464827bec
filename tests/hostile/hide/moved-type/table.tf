resource "aws_sqs_queue" "orders" {
  name = "orders"
}
moved {
  from = aws_dynamodb_table.orders
  to   = aws_sqs_queue.orders
}

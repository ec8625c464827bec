variable "word" {
  type      = string
  sensitive = true
  default   = null
}
resource "aws_db_instance" "main" {
  identifier              = "main"
  engine                  = "postgres"
  engine_version          = "16.4"
  instance_class          = "db.t4g.small"
  allocated_storage       = 50
  username                = "app"
  password                = var.word
  storage_encrypted       = true
  backup_retention_period = 0
  deletion_protection     = true
  skip_final_snapshot     = false
  final_snapshot_identifier = "main-last"
}

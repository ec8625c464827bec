resource "aws_s3_bucket" "trail" {
  bucket = "acme-trail"
}
resource "aws_kms_key" "trail" {
  description             = "audit trail"
  deletion_window_in_days = 30
}

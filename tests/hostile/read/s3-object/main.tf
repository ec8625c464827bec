resource "aws_s3_bucket" "site" {
  bucket = "site-assets"
}
resource "aws_s3_object" "logo" {
  bucket = aws_s3_bucket.site.id
  key    = "logo.png"
  source = "__KEY__"
  etag   = filemd5("__KEY__")
}

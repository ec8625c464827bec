import {
  to = aws_s3_bucket.theirs
  id = "somebody-elses-bucket"
}
resource "aws_s3_bucket" "theirs" {
  bucket = "somebody-elses-bucket"
}

terraform {
  backend "s3" {
    bucket = "theirs"
    key    = "state"
    region = "eu-central-1"
  }
}
resource "terraform_data" "x" {
  input = 1
}

module "x" {
  source = "gcs::https://www.googleapis.com/storage/v1/bucket/m.zip"
}

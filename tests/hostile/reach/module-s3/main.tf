module "x" {
  source = "s3::http://127.0.0.1:__PORT__/bucket/m.zip"
}

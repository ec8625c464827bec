data "terraform_remote_state" "x" {
  backend = "s3"
  config = {
    bucket                      = "states"
    key                         = "prod"
    region                      = "eu-central-1"
    access_key                  = "mock"
    secret_key                  = "mock"
    endpoints                   = { s3 = "http://127.0.0.1:__PORT__" }
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    max_retries                 = 1
  }
}
output "found" {
  value = data.terraform_remote_state.x.outputs
}

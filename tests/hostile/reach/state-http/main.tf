data "terraform_remote_state" "x" {
  backend = "http"
  config = {
    address   = "http://127.0.0.1:__PORT__/state"
    retry_max = 0
  }
}
output "found" {
  value = data.terraform_remote_state.x.outputs
}

data "terraform_remote_state" "x" {
  backend = "consul"
  config = {
    address = "127.0.0.1:__PORT__"
    path    = "state"
  }
}
output "found" {
  value = data.terraform_remote_state.x.outputs
}

data "terraform_remote_state" "x" {
  backend = "local"
  config = {
    path = "__OTHER__/terraform.tfstate"
  }
}
output "found" {
  value = data.terraform_remote_state.x.outputs
}

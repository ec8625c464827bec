data "terraform_remote_state" "x" {
  backend   = "local"
  workspace = "other-run"
  config = {
    workspace_dir = "${path.root}/../.."
  }
}
output "found" {
  value = data.terraform_remote_state.x.outputs
}
